"""Law enforcement: XML of its own. Says about whom there is a notice; sends and is told of violations."""

"""Whether the text of a booster can be handed to LightGBM.

LightGBM trusts its text: it reads beyond the end of a truncated one and ends the process. So the shape of every tree is
checked here first: sizes, lengths, and that every split leads to a split or a leaf that is there.
"""

import math
from collections.abc import Sequence

_OF_SPLITS = ("split_feature", "split_gain", "decision_type", "left_child", "right_child")
_OF_SPLITS_TOO = ("internal_value", "internal_weight", "internal_count")
_OF_LEAVES = ("leaf_value", "leaf_weight", "leaf_count")
_END, _END_OF_PARAMETERS = "end of trees\n", "\nend of parameters\n"
CATEGORICAL_BIT = 1


def is_sound(text: str, features: Sequence[str]) -> bool:
    """Say whether the text is that of a booster of one class over these features, with a tree at least."""
    try:
        head, _, _ = text.partition("\n\n")
        fields = _fields(head)
        sizes = [int(size) for size in fields["tree_sizes"].split()]
        return (
            text.isascii()
            and head.startswith("tree\nversion=v4\n")
            and fields["num_class"] == fields["num_tree_per_iteration"] == "1"
            and fields["max_feature_idx"] == str(len(features) - 1)
            and fields["feature_names"].split() == list(features)
            and len(fields["feature_infos"].split()) == len(features)
            and bool(sizes)
            and _trees_are_sound(text[len(head) :].lstrip("\n"), sizes, len(features))
        )
    except (ValueError, LookupError):
        return False


def _trees_are_sound(text: str, sizes: Sequence[int], features: int) -> bool:
    begins = 0
    for number, size in enumerate(sizes):
        tree = text[begins : begins + size]
        if size <= 0 or not tree.startswith(f"Tree={number}\n") or not _tree_is_sound(_fields(tree), features):
            return False
        begins += size
    return text[begins:].startswith(_END) and _END_OF_PARAMETERS in text[begins:]


def _fields(text: str) -> dict[str, str]:
    return {name: value for name, _, value in (line.partition("=") for line in text.splitlines())}


def _tree_is_sound(tree: dict[str, str], features: int) -> bool:
    leaves, categories = int(tree["num_leaves"]), int(tree["num_cat"])
    if tree["is_linear"] != "0" or not math.isfinite(float(tree["shrinkage"])):
        return False
    if leaves == 1:
        return categories == 0 and _finite(tree["leaf_value"], 1)
    splits = leaves - 1
    return (
        leaves > 1
        and all(_finite(tree[name], splits) for name in (*_OF_SPLITS, *_OF_SPLITS_TOO))
        and _are_thresholds(tree["threshold"], splits)
        and all(_finite(tree[name], leaves) for name in _OF_LEAVES)
        and min(_integers(tree["leaf_count"]) + _integers(tree["internal_count"])) > 0  # they are divided by
        and all(0 <= feature < features for feature in _integers(tree["split_feature"]))
        and _is_a_tree(_integers(tree["left_child"]), _integers(tree["right_child"]))
        and _categories_are_sound(tree, categories)
    )


def _is_a_tree(left: Sequence[int], right: Sequence[int]) -> bool:
    """Say whether every split but the first, and every leaf, is the child of just one split before it."""
    forward = all(child < 0 or child > place for side in (left, right) for place, child in enumerate(side))
    return forward and sorted([*left, *right]) == [*range(-len(left) - 1, 0), *range(1, len(left))]


def _categories_are_sound(tree: dict[str, str], categories: int) -> bool:
    kinds, thresholds = _integers(tree["decision_type"]), [float(one) for one in tree["threshold"].split()]
    chosen = [threshold for kind, threshold in zip(kinds, thresholds, strict=True) if kind & CATEGORICAL_BIT]
    if not categories:
        return not chosen
    ends, words = _integers(tree["cat_boundaries"]), _integers(tree["cat_threshold"])
    return (
        len(ends) == categories + 1
        and ends == sorted(ends)
        and (ends[0], ends[-1]) == (0, len(words))
        and all(0 <= word < 2**32 for word in words)
        and sorted(chosen) == list(range(categories))
    )


def _integers(text: str) -> list[int]:
    return [int(one) for one in text.split()]


def _are_thresholds(text: str, length: int) -> bool:
    """A threshold may be infinite: then all that is known goes one way, and what is missing the other."""
    numbers = [float(one) for one in text.split()]
    return len(numbers) == length and not any(map(math.isnan, numbers))


def _finite(text: str, length: int) -> bool:
    numbers = [float(one) for one in text.split()]
    return len(numbers) == length and all(map(math.isfinite, numbers))

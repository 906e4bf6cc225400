const ARCS = ["1.2.398.3.10.", "1.2.643."]; // of Kazakhstan and of Russia

/** Tell whether an object identifier names an algorithm of the GOST family: browsers have none of them. */
export const isGost = (name) => ARCS.some((arc) => name.startsWith(arc));

// Live pages, and the keys of the worklist. Without this file every page has a link to reload it.

/** Elements with `data-live` get the event `live-changed` whenever that address tells of a change. One connection for
    each address; none while nobody looks. */
function listen() {
  const elements = () => [...document.querySelectorAll("[data-live]")];
  const sources = new Map();
  const tell = (address) => {
    for (const element of elements().filter((each) => each.dataset.live === address)) {
      element.dispatchEvent(new CustomEvent("live-changed"));
    }
  };
  const open = (again) => {
    for (const address of new Set(elements().map((element) => element.dataset.live))) {
      if (sources.has(address)) continue;
      const source = new EventSource(address);
      let ready = again;
      source.addEventListener("ready", () => {
        if (ready) tell(address); // what happened while nobody listened
        ready = true;
      });
      source.addEventListener("changed", () => tell(address));
      sources.set(address, source);
    }
  };
  const close = () => {
    for (const source of sources.values()) source.close();
    sources.clear();
  };
  if (!elements().length || !window.EventSource) return;
  open(false);
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open(true)));
  window.addEventListener("pagehide", close);
}

const KEYS_OFF = "shekara-keys-off";

function keysAreOff() {
  try {
    return localStorage.getItem(KEYS_OFF) === "yes";
  } catch {
    return false;
  }
}

/** j and k go through the cases, c claims, / searches, ? shows the help. A key typed into a field is a letter. */
function workWithKeys() {
  if (!document.querySelector("#worklist")) return;
  const links = () => [...document.querySelectorAll("[data-case-link]")];
  let place = 0; // where the focus was among the cases, for when its row goes
  const rowOf = (element) => element?.closest?.("[data-case]");
  const go = (step) => {
    const all = links();
    if (!all.length) return;
    const here = all.findIndex((link) => rowOf(link) === rowOf(document.activeElement));
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  };
  const does = {
    j: () => go(1),
    k: () => go(-1),
    c: () => rowOf(document.activeElement)?.querySelector("[data-claim]")?.click(),
    "/": () => document.querySelector("#search")?.focus(),
    "?": () => {
      const help = document.querySelector(".desk-keys");
      if (help) help.open = !help.open;
    },
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable]");
    if (keysAreOff() || typing || event.ctrlKey || event.metaKey || event.altKey || !does[event.key]) return;
    event.preventDefault();
    does[event.key]();
  });
  document.addEventListener("focusin", (event) => {
    const row = rowOf(event.target);
    if (row) place = links().findIndex((link) => rowOf(link) === row);
  });
  document.addEventListener("htmx:after:swap", () => {
    const refused = document.querySelector("#refused");
    if (refused && !refused.dataset.read) {
      refused.dataset.read = "yes";
      refused.focus();
    } else if (document.activeElement === document.body && links().length && place >= 0) {
      links()[Math.min(place, links().length - 1)].focus({ preventScroll: true });
    }
  });
  const off = document.querySelector("[data-keys-off]");
  if (off) {
    off.checked = keysAreOff();
    off.addEventListener("change", () => localStorage.setItem(KEYS_OFF, off.checked ? "yes" : "no"));
  }
}

listen();
workWithKeys();

// The form of a draft: every change is saved at once, and nothing that was typed is lost. What could not be sent yet is
// kept in this browser by the address of its page, never on a page that signs, and is gone once it is saved.
const QUIET = 500; // milliseconds after the last key before a change is sent
const RETRY_MOST = 30_000;
const KEPT_DAYS = 7;

const KEPT = "shekara:draft:";
const SENT = "shekara:sent"; // which page was just sent: what was kept of it goes once another page of the draft answers

let held = false; // whether a button of the mouse is down: what moves the page now would make a click miss

addEventListener("pointerdown", () => (held = true), true);
addEventListener("pointerup", () => (held = false), true);
addEventListener("pointercancel", () => (held = false), true);

function whenFree(show) {
  if (held) {
    addEventListener("pointerup", () => setTimeout(show), { once: true });
  } else {
    show();
  }
}

settle();
for (const form of document.querySelectorAll("form[data-autosave]")) {
  start(form);
}
document.querySelector("form[action='/sign-out']")?.addEventListener("submit", forgetAll);

function settle() {
  try {
    const sent = sessionStorage.getItem(SENT);
    const here = KEPT + location.pathname;
    const saved = new URLSearchParams(location.search).has("saved");
    if (sent !== null && location.pathname.startsWith("/drafts")) {
      sessionStorage.removeItem(SENT);
      if (sent !== here || saved) {
        localStorage.removeItem(sent);
      }
    }
  } catch {
    // a browser that keeps nothing has nothing to settle
  }
}

function forgetAll() {
  try {
    for (const name of Object.keys(localStorage).filter((each) => each.startsWith(KEPT))) {
      localStorage.removeItem(name);
    }
  } catch {
    // nothing was kept then
  }
}

function start(form) {
  const state = form.querySelector("[data-save-state]");
  const words = form.querySelector("[data-save-words]").content;
  const place = KEPT + location.pathname;
  let timer;
  let wait = 1000;
  let sending = false;
  let dirty = false;
  let stopped = false;

  const say = (code) => {
    const text = words.querySelector(`[data-code=${code}]`)?.textContent ?? "";
    if (state.dataset.code !== code) {
      state.dataset.code = code;
      state.textContent = text;
    }
  };

  const values = () => [...new FormData(form)].filter(([name]) => name !== "_csrf_token" && name !== "base");

  const keep = () => {
    try {
      localStorage.setItem(place, JSON.stringify({ at: Date.now(), base: form.elements.base.value, values: values() }));
    } catch {
      // a full or closed store: the page itself still holds what was typed
    }
  };

  const forget = () => {
    try {
      localStorage.removeItem(place);
    } catch {
      // nothing was kept then
    }
  };

  const later = (milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(send, milliseconds);
  };

  const changed = (milliseconds) => {
    dirty = true;
    keep();
    if (!stopped) {
      say("saving");
      later(milliseconds);
    }
  };

  async function send() {
    if (sending || !dirty || stopped) {
      return;
    }
    sending = true;
    dirty = false;
    let answer;
    try {
      answer = await fetch(form.action, {
        method: "POST",
        headers: { "X-Autosave": "1", Accept: "application/json" },
        body: new URLSearchParams(new FormData(form)),
        redirect: "manual",
      });
    } catch {
      answer = null;
    }
    sending = false;
    if (answer === null || answer.status >= 500 || answer.status === 429) {
      dirty = true;
      say("offline");
      later(wait);
      wait = Math.min(wait * 2, RETRY_MOST);
      return;
    }
    wait = 1000;
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      stop("signed_out", true);
      return;
    }
    if (answer.status === 404) {
      stop("gone", false);
      return;
    }
    const said = await answer.json();
    if (said.conflict) {
      stop("conflict", false);
      return;
    }
    form.elements.base.value = said.base;
    if (dirty) {
      later(0);
      return;
    }
    forget();
    say("saved");
    whenFree(() => {
      showErrors(said.errors);
      showProposed(said.proposed);
    });
  }

  function stop(code, signIn) {
    stopped = true;
    dirty = true;
    say(code);
    if (signIn) {
      const link = document.createElement("a");
      link.className = "govuk-link";
      link.href = `/sign-in?next=${encodeURIComponent(location.pathname)}`;
      link.textContent = words.querySelector("[data-code=sign_in]").textContent;
      state.append(" ", link);
    }
  }

  function showErrors(errors) {
    for (const message of form.querySelectorAll("[data-error-for]")) {
      const text = errors[message.dataset.errorFor];
      const group = message.closest(".govuk-form-group");
      const field = group.querySelector("input, select, textarea");
      const told = [...group.querySelectorAll(".govuk-error-message")].find((each) => each !== message);
      if (told) {
        told.hidden = !text;
      }
      message.hidden = !text || Boolean(told);
      message.textContent = message.hidden ? "" : text;
      group.classList.toggle("govuk-form-group--error", Boolean(text));
      field.classList.toggle("govuk-input--error", Boolean(text));
      field.toggleAttribute("aria-invalid", Boolean(text));
    }
  }

  function showProposed(proposed) {
    for (const [name, value] of Object.entries(proposed)) {
      const field = form.elements[name];
      if (field?.tagName === "INPUT") {
        field.placeholder = value;
        const note = document.getElementById(`${field.id}-proposed`);
        if (note) {
          note.textContent = words.querySelector("[data-code=proposed]").textContent.replace("{value}", value);
          note.hidden = Boolean(field.value);
        }
      }
    }
  }

  function showMeaning(field) {
    const list = field.list;
    const note = form.querySelector(`[data-meaning="${field.id}"]`);
    if (list && note) {
      const wanted = field.value.trim().toUpperCase();
      note.textContent = [...list.options].find((option) => option.value === wanted)?.textContent ?? "";
    }
  }

  function showSame(box) {
    document.getElementById(box.dataset.same).hidden = box.checked;
  }

  function restore() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(place));
    } catch {
      return;
    }
    if (kept === null) {
      return;
    }
    if (form.dataset.autosave === "conflict") {
      forget(); // the page shows what was typed beside what the other window has
      return;
    }
    const old = Date.now() - kept.at > KEPT_DAYS * 86_400_000;
    const present = new Map(values());
    const lost = kept.values.filter(([name, value]) => name in form.elements && (present.get(name) ?? "") !== value);
    if (old || lost.length === 0) {
      forget();
      return;
    }
    for (const [name, value] of kept.values) {
      const field = form.elements[name];
      if (field?.type === "checkbox") {
        field.checked = true;
      } else if (field) {
        field.value = value;
      }
    }
    form.elements.base.value = kept.base; // another window's change since then is told, not overwritten
    dirty = true;
    say("restored");
    later(0);
  }

  for (const box of form.querySelectorAll("[data-same]")) {
    showSame(box);
    box.addEventListener("change", () => showSame(box));
  }
  form.addEventListener("input", () => changed(QUIET * 2));
  form.addEventListener("change", (event) => {
    whenFree(() => showMeaning(event.target));
    changed(QUIET);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    stopped = true;
    keep();
    try {
      sessionStorage.setItem(SENT, place);
    } catch {
      // the page itself is sent
    }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.querySelector("[data-primary]").click();
    }
  });
  addEventListener("online", () => dirty && !stopped && later(0));
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      location.reload();
    }
  });
  restore();
}

// What somebody types into a form that is not saved by itself (a request, an act, a statement, a risk profile) is kept in
// this browser until the form has arrived, and stands again when its page is opened anew. It is kept for who is signed in,
// a day at most, and is gone with signing out. Files cannot be kept.
const KEPT = "shekara:form:";
const SENT = "shekara:form-sent"; // which form was just sent: what was kept of it goes once another page answers
const PUT_BACK = "shekara:form-put-back"; // what the server was asked to draw again, so that it is asked once
const DAY = 86_400_000;

const forms = [...document.querySelectorAll("form[data-keep]")];
try {
  sweep();
  settle();
  forms.forEach(start);
  document.querySelector("form[action='/sign-out']")?.addEventListener("submit", () => forgetAll(KEPT));
  document.querySelectorAll("form[data-clears]").forEach((form) => {
    form.addEventListener("submit", () => forgetAll(`${KEPT}${form.dataset.clears}:`));
  });
} catch {
  // a browser that keeps nothing works as if this file were not there
}

function placeOf(form) {
  const { pathname, search } = new URL(form.action);
  return `${KEPT}${form.dataset.keep}:${pathname}${search}`;
}

// A page without the form that was sent means that it arrived; the way to sign in and an error do not.
function settle() {
  const sent = sessionStorage.getItem(SENT);
  if (sent === null || location.pathname.endsWith("/sign-in") || document.getElementById("problem")) {
    return;
  }
  sessionStorage.removeItem(SENT);
  if (!forms.some((form) => placeOf(form) === sent)) {
    localStorage.removeItem(sent);
  }
}

// Whoever used this browser before leaves nothing for longer than a day.
function sweep() {
  for (const name of Object.keys(localStorage).filter((each) => each.startsWith(KEPT))) {
    const { at } = JSON.parse(localStorage.getItem(name));
    if (Date.now() - at > DAY) {
      localStorage.removeItem(name);
    }
  }
}

function forgetAll(beginning) {
  for (const name of Object.keys(localStorage).filter((each) => each.startsWith(beginning))) {
    localStorage.removeItem(name);
  }
}

function start(form) {
  const place = placeOf(form);
  const shown = JSON.stringify(valuesOf(form));
  restore(form, place, shown);
  const keep = () => localStorage.setItem(place, JSON.stringify({ at: Date.now(), values: valuesOf(form) }));
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  form.addEventListener("submit", () => sessionStorage.setItem(SENT, place));
  form.querySelector("[data-kept-away]")?.addEventListener("click", () => {
    localStorage.removeItem(place);
    location.assign(location.href);
  });
}

function valuesOf(form) {
  const unkept = new Set(["_csrf_token", "expected"]);
  return [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !unkept.has(name));
}

function restore(form, place, shown) {
  const kept = JSON.parse(localStorage.getItem(place));
  if (kept === null) {
    return;
  }
  if (Date.now() - kept.at > DAY || JSON.stringify(kept.values) === shown) {
    localStorage.removeItem(place);
    return;
  }
  if (fits(form, kept.values)) {
    putBack(form, kept.values);
  } else if (form.elements.again && sessionStorage.getItem(PUT_BACK) !== `${place}:${kept.at}`) {
    sessionStorage.setItem(PUT_BACK, `${place}:${kept.at}`);
    drawAgain(form, kept.values);
    return;
  }
  form.querySelector("[data-kept]").hidden = false;
}

function byName(values) {
  const found = new Map();
  for (const [name, value] of values) {
    found.set(name, [...(found.get(name) ?? []), value]);
  }
  return found;
}

function fits(form, values) {
  const fields = [...form.elements].map((field) => field.name);
  return [...byName(values)].every(([name, given]) => fields.filter((each) => each === name).length >= given.length);
}

function putBack(form, values) {
  const wanted = byName(values);
  for (const field of form.elements) {
    const given = wanted.get(field.name) ?? [];
    if (field.type === "checkbox" || field.type === "radio") {
      field.checked = given.includes(field.value);
    } else if (given.length > 0 && field.type !== "hidden") {
      field.value = given.shift();
    }
  }
}

// The form has rows that the page has not: the server draws it with what was typed, as after "add a condition".
function drawAgain(form, values) {
  const anew = document.createElement("form");
  anew.method = "post";
  anew.action = form.action;
  for (const [name, value] of [...values, ["_csrf_token", form.elements._csrf_token.value], ["again", "yes"]]) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    anew.append(field);
  }
  document.body.append(anew);
  anew.submit();
}

// Every page works without this file. With it: the menu folds on a phone, an error summary takes the focus,
// and htmx brings the next page of a list without reloading the rest.
import { createAll, Button, ErrorSummary, Radios, ServiceNavigation, SkipLink } from "govuk-frontend";
import "htmx.org";
import "htmx.org/dist/ext/hx-csp.js";
import "./goods.js";
import "./analyst.js";
import "./desk.js";
import "./drafting.js";
import "./keeping.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
for (const component of [Button, ErrorSummary, Radios, ServiceNavigation, SkipLink]) {
  createAll(component);
}

// What was swapped in says where reading goes on.
document.addEventListener("htmx:after:swap", ({ detail }) => {
  if (detail?.ctx?.swap?.startsWith("outerMorph")) return; // the page has only kept up: reading goes on where it was
  document.querySelector("[data-focus-after-swap]")?.focus();
});

// Every page works without this file. With it: the menu folds on a phone, an error summary takes the focus,
// and htmx brings the next page of a list without reloading the rest.
import { createAll, Button, ErrorSummary, Radios, ServiceNavigation, SkipLink } from "govuk-frontend";
import "htmx.org";
import "htmx.org/dist/ext/hx-csp.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
for (const component of [Button, ErrorSummary, Radios, ServiceNavigation, SkipLink]) {
  createAll(component);
}

// What was swapped in says where reading goes on.
document.addEventListener("htmx:after:swap", () => {
  document.querySelector("[data-focus-after-swap]")?.focus();
});

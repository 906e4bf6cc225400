// A field of a commodity code gets suggestions from htmx; choosing one puts its ten digits into the field.
document.addEventListener("click", (event) => {
  const choice = event.target.closest?.("[data-commodity]");
  if (choice) {
    choose(choice.closest("[data-commodity-search]"), choice.dataset.commodity);
  }
});

document.addEventListener("keydown", (event) => {
  const place = event.key === "Escape" && event.target.closest?.("[data-commodity-search]");
  if (place) {
    close(place);
    place.querySelector("input").focus();
  }
});

// The field keeps the focus while a choice is made, and a word being searched for is not yet anything to save.
document.addEventListener("mousedown", (event) => {
  if (event.target.closest?.("[data-commodity]")) event.preventDefault();
});

for (const place of document.querySelectorAll("[data-commodity-search]")) {
  place.addEventListener("input", (event) => {
    if (/[^\d\s.]/.test(event.target.value)) event.stopPropagation();
  });
}

function choose(place, code) {
  const field = place.querySelector("input");
  field.value = code;
  close(place);
  field.focus();
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function close(place) {
  place.querySelector("#commodity-suggestions").replaceChildren();
}

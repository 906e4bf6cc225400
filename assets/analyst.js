// The form of a profile: after a part of it was swapped the focus goes to what has come.
document.addEventListener("htmx:after:swap", () => {
  const form = document.querySelector("#profile-form");
  if (!form || document.activeElement !== document.body) return;
  form.querySelector("#composer .condition-row:last-child select, #measures select")?.focus();
});

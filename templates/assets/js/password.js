// Passwords: a button that shows what was typed, and a sentence while one is chosen.

for (const place of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(place.dataset.reveal);
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button reveal", textContent: place.dataset.show });
  Object.assign(button.dataset, { kind: "quiet", size: "s" });
  button.setAttribute("aria-controls", field.id);
  button.addEventListener("click", () => {
    const hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    button.textContent = hidden ? place.dataset.hide : place.dataset.show;
    field.focus();
  });
  place.replaceWith(button);
  // Shown only while it is being typed: browsers keep what text fields held.
  field.form.addEventListener("submit", () => (field.type = "password"));
}

for (const sentence of document.querySelectorAll("[data-strength]")) {
  const field = document.getElementById(sentence.dataset.strength);
  const min = Number(sentence.dataset.min);
  field.addEventListener("input", () => {
    const left = min - [...field.value.normalize("NFKC")].length;
    if (field.value === "") sentence.textContent = "";
    else if (left > 0) sentence.textContent = sentence.dataset.more.replace("#", String(left));
    else sentence.textContent = sentence.dataset.enough;
  });
}

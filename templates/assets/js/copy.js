// Buttons that copy a value. Where the browser does not allow it they stay away, and the
// text can be selected.

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const words = button.querySelector("span");
    const before = [...words.childNodes];
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      words.textContent = button.dataset.done;
      setTimeout(() => words.replaceChildren(...before), 2000);
    });
  }
}

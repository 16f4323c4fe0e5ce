// Recovery codes: keep them as a file or on paper. The text itself is always on the page.

const save = document.querySelector("[data-download]");
save.hidden = false;
save.addEventListener("click", () => {
  const text = `${save.dataset.head}\n\n${document.getElementById(save.dataset.download).textContent}\n`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = "recovery-codes.txt";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});

const print = document.querySelector("[data-print]");
print.hidden = false;
print.addEventListener("click", () => window.print());

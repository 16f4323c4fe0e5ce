// The code page: tidy pasting, and a button that waits until another code may be sent.

const field = document.getElementById("code");
field.addEventListener("paste", (event) => {
  const digits = event.clipboardData.getData("text").replaceAll(/\D/g, "");
  if (!digits) return;
  event.preventDefault();
  field.value = digits.slice(0, 6);
});

const form = document.querySelector("form[data-resend-in]");
let left = Number(form.dataset.resendIn);
if (left > 0) {
  const button = form.querySelector("button");
  const counter = form.querySelector("[data-counter]");
  button.disabled = true;
  const end = Date.now() + left * 1000;
  const timer = setInterval(() => {
    left = Math.ceil((end - Date.now()) / 1000);
    if (left > 0) {
      counter.textContent = form.dataset.count.replace("#", String(left));
      return;
    }
    clearInterval(timer);
    counter.remove();
    button.disabled = false;
    // Said once; the seconds before were only to be seen.
    form.querySelector("[data-status]").textContent = form.dataset.ready;
  }, 1000);
}

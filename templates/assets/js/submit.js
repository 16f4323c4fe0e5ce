// Sends the form that leads on to a provider. Without this script its button does.

document.querySelector("form[data-submit]")?.requestSubmit();

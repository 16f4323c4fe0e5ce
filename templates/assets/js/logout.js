// Sends the form that ends the sign-in at the provider. Without this script its button does.

document.querySelector("form[data-submit]")?.requestSubmit();

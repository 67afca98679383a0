// While a form is on its way its button says so and can't be pressed twice. Bound to every form of the page.

function button(form, submitter) {
  return submitter ?? form.querySelector("button:not([type=button])");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog" || event.defaultPrevented) return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "yes";
  button(form, event.submitter)?.setAttribute("aria-busy", "true");
  if (form.hasAttribute("data-download")) setTimeout(() => free(form), 1500);
});

function free(form) {
  delete form.dataset.sending;
  for (const busy of form.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
}

document.addEventListener("htmx:finally:request", (event) => {
  const form = event.target.closest?.("form");
  if (form) free(form);
});

// Back and forward bring a page back as it was left: free its forms.
addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(free));

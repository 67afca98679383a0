// What fails on the way is said in words; what was typed stays where it is.
import { toast } from "./toasts.js";

const said = (name) => document.body.dataset[name];

document.addEventListener("htmx:error", (event) => {
  if (event.detail?.error?.name === "AbortError") return;
  toast(said("saidNetwork"), { stays: true });
});

document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRF-Token"] = document.body.dataset.csrf;
});

// An answer that is a whole page (signed out, 500) must not land inside a fragment's place.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (!ctx?.text?.trimStart().toLowerCase().startsWith("<!doctype")) return;
  if (ctx.select) return;
  event.preventDefault();
  toast(ctx.response.status === 401 ? said("saidSignedOut") : said("saidFailed"), { stays: true });
});

// What fails on the way is said in words; what was typed stays where it is.
import { fragment } from "../behaviour.js";
import { toast } from "./toasts.js";

const said = (name) => document.body.dataset[name];

document.addEventListener("htmx:error", (event) => {
  if (event.detail?.error?.name === "AbortError") return;
  toast(said("saidNetwork"), { stays: true });
});

document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRF-Token"] = document.body.dataset.csrf;
});

// Only an answer meant for its place lands there. A fault of another kind (signed out, not allowed, out of order) is said in a
// toast, and what was typed stays; a refused form (422) and a conflict (409) come back as forms.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  const status = ctx?.response?.status ?? 200;
  const isPage = !ctx?.select && ctx?.text?.trimStart().toLowerCase().startsWith("<!doctype");
  if (!isPage && (status < 400 || status === 409 || status === 422)) return;
  event.preventDefault();
  if (status === 401 || status === 403) signedOut = true;
  toast(status === 401 ? said("saidSignedOut") : words(ctx.text) || said("saidFailed"), { stays: true });
});

// Somebody who signed in anew in another tab and comes back goes on here: the page takes over the new session's token.
let signedOut = false;

addEventListener("focus", async () => {
  if (!signedOut) return;
  const { answer, content } = await fragment(document.body.dataset.tokenUrl);
  if (!answer.ok) return;
  const token = content.querySelector("input[name=_csrf]").value;
  document.body.dataset.csrf = token;
  for (const input of document.querySelectorAll("input[name=_csrf]")) input.value = token;
  signedOut = false;
});

// The sentence of an error fragment.
function words(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.querySelector("[role=alert]")?.textContent.trim().replace(/\s+/g, " ");
}

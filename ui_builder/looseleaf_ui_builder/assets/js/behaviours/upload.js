// A file is sent as soon as it is chosen or dropped; the form keeps only its name for the server.
import { define, fragment } from "../behaviour.js";
import { toast } from "./toasts.js";

define("upload", (zone) => {
  const input = zone.querySelector("input[type=file]");
  const shown = zone.querySelector("[data-uploaded]");
  const send = async (file) => {
    if (!file) return;
    const form = new FormData();
    form.set("file", file);
    form.set("name", zone.dataset.name);
    zone.setAttribute("aria-busy", "true");
    try {
      const { answer, content } = await fragment(zone.dataset.url, { method: "POST", body: form });
      if (answer.ok) shown.replaceChildren(content);
      else toast(content.textContent.trim(), { stays: true });
    } catch {
      toast(document.body.dataset.saidNetwork, { stays: true });
    } finally {
      zone.removeAttribute("aria-busy");
      input.value = "";
    }
    zone.dispatchEvent(new Event("change", { bubbles: true }));
  };
  input.addEventListener("change", (event) => {
    event.stopPropagation();
    send(input.files[0]);
  });
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    send(event.dataTransfer.files[0]);
  });
  zone.addEventListener("click", (event) => {
    if (!event.target.closest("[data-remove-file]")) return;
    shown.querySelector("input[type=hidden]").value = "";
    shown.querySelector("[data-file]")?.remove();
  });
});

// A button that copies the text of another element.
import { define } from "../behaviour.js";
import { toast } from "./toasts.js";

define("copy", (button) => {
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies);
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    toast(button.dataset.said);
  });
});

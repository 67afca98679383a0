// A form that sends itself when one of its choices changes.
import { define } from "../behaviour.js";

define("submit-on-change", (form) => {
  form.addEventListener("change", () => form.requestSubmit());
});

// The filter editor: the field decides the operators, the operator decides whether a value is asked for.
import { define } from "../behaviour.js";

define("filter-operator", (select) => {
  const value = select.form.querySelector("[data-filter-value]");
  const show = () => {
    if (value) value.hidden = select.selectedOptions[0]?.dataset.valueless !== undefined;
  };
  select.addEventListener("change", show);
  show();
});

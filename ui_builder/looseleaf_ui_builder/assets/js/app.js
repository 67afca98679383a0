// Entry point: htmx for fragments, and small behaviours bound by data attributes. Nothing here knows of accounts or deals.
import "htmx.org";
import "./behaviours/busy.js";
import "./behaviours/columns.js";
import "./behaviours/copy.js";
import "./behaviours/dialogs.js";
import "./behaviours/drafts.js";
import "./behaviours/focus.js";
import "./behaviours/keys.js";
import "./behaviours/lines.js";
import "./behaviours/live-form.js";
import "./behaviours/lookup.js";
import "./behaviours/network.js";
import "./behaviours/option-keys.js";
import "./behaviours/popover.js";
import "./behaviours/regions.js";
import "./behaviours/rows.js";
import "./behaviours/selection.js";
import "./behaviours/submit-on-change.js";
import "./behaviours/toasts.js";
import "./behaviours/toolbar.js";
import "./behaviours/upload.js";
import { start } from "./behaviour.js";

start();

"""Every address of the screens, in one table: method, path, name, handler."""

from __future__ import annotations

from flask import Blueprint, g

from looseleaf_ui_builder.screens.pages import (
    approvals,
    automations,
    change_requests,
    conversions,
    decision_links,
    editing,
    home,
    inbound,
    jobs,
    lists,
    moving,
    notifications,
    parts,
    people,
    pools,
    preferences,
    records,
    signing_in,
    stages,
)
from looseleaf_ui_builder.web import callers, security
from looseleaf_ui_builder.web.texts import chosen_locale
from looseleaf_workflow.running import links

OPEN = (
    ("GET", "/sign-in", signing_in.sign_in),
    ("POST", "/sign-in", signing_in.begin_session),
    ("GET", "/password/forgotten", signing_in.forgotten_password),
    ("POST", "/password/forgotten", signing_in.send_reset),
    ("GET", "/ticket/<secret>", signing_in.open_ticket),
    ("POST", "/ticket/<secret>", signing_in.redeem_ticket),
    ("GET", "/first-administrator", signing_in.first_administrator),
    ("POST", "/first-administrator", signing_in.add_first_administrator),
    ("GET", f"{links.PATH}<secret>", decision_links.show_decision_link),
    ("POST", f"{links.PATH}<secret>", decision_links.decide_by_link),
    ("POST", "/language", preferences.choose_language),
    ("POST", "/theme", preferences.choose_theme),
)
"""For visitors too. Posts are checked to come from this site; there is no session yet whose token they could carry."""

CLOSED = (
    ("POST", "/sign-out", signing_in.sign_out),
    ("GET", "/", home.home),
    ("GET", "/objects", home.all_objects),
    ("GET", "/search", parts.search_everything),
    ("GET", "/session/token", parts.session_token),
    ("GET", "/settings", preferences.my_settings),
    ("POST", "/settings", preferences.save_preferences),
    ("POST", "/settings/password", preferences.change_password),
    ("POST", "/settings/sessions", preferences.revoke_session),
    ("POST", "/settings/tokens", preferences.create_token),
    ("POST", "/settings/tokens/revocation", preferences.revoke_token),
    ("GET", "/people", people.people),
    ("POST", "/people/invitation", people.invite),
    ("POST", "/people/<id>/invitation", people.invite_again),
    ("POST", "/people/<id>/roles", people.set_roles),
    ("GET", "/recycle-bin", moving.recycle_bin),
    ("GET", "/jobs", jobs.show_jobs),
    ("POST", "/jobs/<queue>", jobs.do_again),
    ("GET", "/notifications", notifications.list_notifications),
    ("POST", "/notifications/reading", notifications.read_notifications),
    ("GET", "/notifications/<id>", notifications.show_notification),
    ("POST", "/notifications/<id>", notifications.open_notification),
    ("GET", "/automations", automations.list_automations),
    ("POST", "/automations", automations.switch_automations),
    ("GET", "/automations/<name>", automations.show_automation),
    ("POST", "/automations/<name>", automations.switch_automation),
    ("GET", "/automations/<name>/trial", automations.try_automation),
    ("POST", "/automations/<name>/test", automations.test_automation_step),
    ("POST", "/automations/<name>/runs", automations.start_automation),
    ("GET", "/runs/<id>", automations.show_run),
    ("POST", "/runs/<id>/retry", automations.retry_run),
    ("POST", "/runs/<id>/end", automations.cancel_run),
    ("GET", "/inbound", inbound.list_inbound),
    ("GET", "/inbound/<name>", inbound.show_inbound),
    ("POST", "/inbound/<name>/secret", inbound.make_inbound_secret),
    ("POST", "/inbound/<name>/events/<id>/retry", inbound.retry_inbound_event),
    ("GET", "/pools", pools.list_pools),
    ("GET", "/pools/<pool>", pools.show_pool),
    ("POST", "/pools/<pool>/claims", pools.claim_from_pool),
    ("POST", "/pools/<pool>/returns", pools.give_back_to_pool),
    ("GET", "/approvals", approvals.show_inbox),
    ("POST", "/approvals/decisions", approvals.decide_ticked),
    ("GET", "/approvals/<id>", approvals.show_approval),
    ("GET", "/approvals/<id>/<deed>", approvals.approval_form),
    ("POST", "/approvals/<id>/<deed>", approvals.act_on_approval),
    ("GET", "/approvals/tasks/<task>/<decision>", approvals.task_form),
    ("POST", "/approvals/tasks/<task>/<decision>", approvals.act_on_task),
    ("POST", "/files", parts.upload_file),
    ("GET", "/regions", parts.region_options),
    ("GET", "/address", parts.address_parts),
    ("GET", "/records/<object>", lists.list_records),
    ("GET", "/records/<object>/filter", lists.filter_editor),
    ("GET", "/records/<object>/filtered", lists.add_filter),
    ("POST", "/records/<object>/views", lists.save_view),
    ("POST", "/records/<object>/views/removal", lists.remove_view),
    ("POST", "/records/<object>/export", moving.export_records),
    ("GET", "/records/<object>/lookup", parts.lookup_options),
    ("POST", "/records/<object>/duplicates", parts.duplicate_check),
    ("GET", "/records/<object>/deletion", moving.delete_form),
    ("POST", "/records/<object>/deletion", moving.delete_records),
    ("POST", "/records/<object>/restoration", moving.restore_records),
    ("GET", "/records/<object>/transfer", moving.transfer_form),
    ("POST", "/records/<object>/transfer", moving.transfer_records),
    ("GET", "/records/<object>/new", editing.new_record),
    ("POST", "/records/<object>", editing.create_record),
    ("GET", "/records/<object>/<id>", records.show_record),
    ("POST", "/records/<object>/<id>", editing.save_record),
    ("GET", "/records/<object>/<id>/edit", editing.edit_record),
    ("GET", "/records/<object>/<id>/history", records.show_history),
    ("GET", "/records/<object>/<id>/related/<name>", records.show_related),
    ("GET", "/records/<object>/<id>/explanation", records.explain_record),
    ("GET", "/records/<object>/<id>/stages/<field>/<stage>", stages.move_form),
    ("POST", "/records/<object>/<id>/stages/<field>/<stage>", stages.move_record),
    ("POST", "/records/<object>/<id>/stages/<field>", stages.tick_action),
    ("GET", "/records/<object>/<id>/submission", approvals.submission_form),
    ("POST", "/records/<object>/<id>/submission", approvals.submit_for_approval),
    ("GET", "/records/<object>/<id>/change", change_requests.change_form),
    ("POST", "/records/<object>/<id>/change", change_requests.ask_for_change),
    ("GET", "/records/<object>/<id>/conversions/<conversion>", conversions.conversion_form),
    ("POST", "/records/<object>/<id>/conversions/<conversion>", conversions.convert_record),
    ("GET", "/records/<object>/<id>/shares", moving.share_form),
    ("POST", "/records/<object>/<id>/shares", moving.share_record),
    ("GET", "/records/<object>/<id>/files/<field>/<file>", parts.download_file),
)
"""For people who are signed in. Posts carry the token of their session."""


def make_screens() -> Blueprint:
    """The blueprint of all screens."""
    screens = Blueprint("screens", __name__)
    for method, path, handler in (*OPEN, *CLOSED):
        screens.add_url_rule(path, handler.__name__, handler, methods=[method])
    screens.before_request(_begin)
    return screens


def _begin() -> None:
    """Find out who calls and in which language, and refuse posts from elsewhere."""
    current = callers.session()
    g.locale = chosen_locale() if current is None else chosen_locale(current.actor.locale)
    security.check_origin()
    if current is not None:
        security.check_token(current.csrf)

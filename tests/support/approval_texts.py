"""A small firm in the metadata language, and the flow of the handbook: what tests of approvals are written about."""

from __future__ import annotations

from typing import Any

from looseleaf_metadata.kinds.base import Kind


class CalendarNames(Kind):
    """Calendars as far as approvals know them: by name."""

    name = "calendar"

    def properties(self, vocabulary: Any) -> dict[str, Any]:
        return {}

    def build(self, document: Any, run: Any) -> Any:
        return None


FIRM = """
object: opportunity
title: name
fields:
  name:              {type: text, required: true}
  region:            {type: text}
  amount:            {type: currency}
  discount:          {type: percent}
  cost_price:        {type: currency}
  payment_terms:     {type: text}
  seal_no:           {type: text}
  seal_keeper:       {type: lookup, to: user}
  discount_approved: {type: boolean}
  close_date:        {type: date}
  stage:             {type: select, options: {proposal: Proposal, contract: Contract, won: Won}}
---
pipeline: sales
object: opportunity
stages: [{stage: proposal}, {stage: contract}, {stage: won, closed: won}]
---
object: quote_line
title: name
fields:
  name:        {type: text, required: true}
  opportunity: {type: lookup, to: opportunity}
---
object: contract
title: name
fields:
  name:        {type: text, required: true}
  opportunity: {type: lookup, to: opportunity}
---
{role: sales_director}
---
{role: cfo}
---
{role: legal}
---
{role: finance}
---
calendar: cn_office
"""

BIG_DEAL = """
approval: big_deal
object: opportunity
label: 大单折扣审批
start_when: "amount > 500000 or discount > 0.15"
order: 10
calendar: cn_office
lock: {fields: [amount, discount, payment_terms], include: [quote_line]}
material: {fields: [amount, discount], on_change: reask_voted}
people: {self: manager, dedup: adjacent, if_empty: admin, on_leave: manager}
withdraw: before_first_vote
resubmit: at_rejecting_step
max_rounds: 5
flow:
  - approve: manager
    label: 直属主管
    who: {manager: {of: submitter, level: 1}}
    due: {in: 8 workhours, remind: [4 workhours], then: {escalate_to: {manager: {of: holder}}}}
    on_reject: to_submitter
  - branch: size
    cases:
      - when: "amount > 500000 and discount > 0.15"
        label: 大额且高折扣
        flow:
          - approve: director
            label: 销售总监
            who: {role: sales_director, in: submitter.region}
            mode: any
            fields: {edit: [payment_terms], hide: [cost_price]}
            on_reject: choose
            allow: [transfer, add_before, add_after, add_together]
          - parallel: finance_legal
            join: all
            on_branch_reject: cancel_others
            branches:
              - label: 财务
                flow:
                  - approve: cfo
                    label: CFO
                    who: {role: cfo}
                    human_required: true
                    on_reject: step:director
              - label: 法务
                flow:
                  - approve: legal
                    label: 法务会签
                    who: {role: legal}
                    mode: {percent: 60}
                    due: {in: 2 workdays, then: notify_admin}
                    on_reject: end
      - when: "discount > 0.15"
        label: 仅高折扣
        flow:
          - approve: director_only
            who: {role: sales_director, in: submitter.region}
            mode: any
    else: []
  - handle: seal
    label: 盖章
    who: {field: seal_keeper}
    fields: {edit: [seal_no], require: [seal_no]}
  - cc: finance_team
    who: {role: finance}
on_approved: [{update: self, values: {discount_approved: true}}, {move_stage: contract}]
on_rejected: [{notify: owner, template: rejected}]
"""

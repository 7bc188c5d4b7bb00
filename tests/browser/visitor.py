"""Somebody who goes through the site as people do, by the fields and buttons of the pages themselves.

Every step of `PAGES` leaves the browser on one page of the site, in one language.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.browser.childhood import Childhood
from tests.browser.reading import Reading
from tests.browser.visiting import SENSITIVE, STICKS_OUT

__all__ = ["PAGES", "SENSITIVE", "STICKS_OUT", "Visitor"]


# A way to each step.
STEPS: dict[str, dict[str, Any]] = {
    "who": {},
    "child": {"who": "child"},
    "other": {"who": "other"},
    "want": {},
    "about": {},
    "words": {},
    "place": {},
    "whom": {},
    "parent": {},
    "reach": {"secret": "yes"},
    "contact": {"channel": "worker"},
    "times": {"secret": "yes"},
}


class Visitor(Reading, Childhood):
    """Everybody who comes to a page of ours, one after the other."""


PAGES: dict[str, Callable[[Visitor], object]] = {
    "the home": Visitor.home,
    "the form": Visitor.form,
    "a form that was begun": Visitor.begun,
    **{f"the step {step}": partial(Visitor.opens, step=step, changes=how) for step, how in STEPS.items()},
    "the step times with times in the wrong order": Visitor.wrong_times,
    "a telephone number that is none": Visitor.wrong_telephone,
    "the last look": partial(Visitor.opens, step="check", changes={}),
    "a step of a question that is not there": Visitor.step_gone,
    "the form full of mistakes": Visitor.form_full_of_mistakes,
    "a form that is too large": Visitor.too_much,
    "the receipt": Visitor.received,
    "the receipt of a question that may not be shared": Visitor.received_without_consent,
    "the receipt of a question that a person reads first": Visitor.received_for_a_person,
    "the receipt of a question about safety": Visitor.received_about_safety,
    "the link in a mail": Visitor.proof,
    "the link in a mail, followed": Visitor.proven,
    "the link in a mail that has ended": Visitor.proof_ended,
    "coming back": Visitor.status_form,
    "coming back with a wrong code": Visitor.wrong_code,
    "a question that was received": Visitor.just_received,
    "a question that somebody said yes to": Visitor.somebody_said_yes,
    "a question that somebody said yes to, for who wants to hear nothing": (
        Visitor.somebody_said_yes_to_who_wants_to_hear_nothing
    ),
    "a question without an answer yet": Visitor.nobody_found,
    "a question that was taken back": Visitor.taken_back,
    "a conversation": Visitor.conversation,
    "a conversation that was written in": Visitor.conversation_written,
    "a conversation about danger": Visitor.conversation_in_danger,
    "a conversation without words": Visitor.conversation_without_words,
    "a child's door": Visitor.child_door,
    "a child's door full of mistakes": Visitor.child_full_of_mistakes,
    "a child's door with words of nobody": Visitor.child_with_words_of_nobody,
    "a child's five words": Visitor.child_words,
    "a child's five words in danger": Visitor.child_in_danger,
    "a child's five words typed wrongly": Visitor.child_mistypes,
    "what a child wrote": Visitor.child_here,
    "what a child was answered": Visitor.child_answered,
    "what a child wrote, without words": Visitor.child_without_words,
    "what a child wrote, not sure to wipe it": Visitor.child_not_sure,
    "a child at the desk": Visitor.desk_child,
    "an answer that no child reads with ease": Visitor.desk_child_hard_to_read,
    "help": Visitor.help,
    "a page of guidance": Visitor.guidance,
    "a page of guidance about danger that is being checked": Visitor.guidance_on_danger,
    "a page of guidance that is not shown any more": Visitor.guidance_gone,
    "a page of guidance of which nobody said whether it was of use": Visitor.guidance_not_judged,
    "a page of guidance that was of use": Visitor.guidance_judged,
    "all pages of guidance": Visitor.all_guidance,
    "a search in the guidance": Visitor.guidance_sought,
    "a search in the guidance in vain": Visitor.guidance_sought_in_vain,
    "pages of guidance that were chosen": Visitor.guidance_chosen,
    "the guidance for an editor": Visitor.guidance_kept,
    "what readers say of a page": Visitor.guidance_opinions,
    "a page that is not there": Visitor.nowhere,
    "the desk with nothing to do": Visitor.desk,
    "the desk with a part away": Visitor.desk_with_a_part_away,
    "what is left today": Visitor.desk_today,
    "the desk's list": Visitor.desk_list,
    "the desk's list with a group": Visitor.desk_groups,
    "a group of the desk": Visitor.desk_group,
    "a group of the desk that is done": Visitor.desk_group_done,
    "the desk's list with many in danger": Visitor.desk_many_in_danger,
    "a group of the desk that is asked twice": Visitor.desk_asked_again,
    "an item of the desk": Visitor.desk_item,
    "an item of which all is shown": Visitor.desk_item_shown,
    "an item that nobody said why to show": Visitor.desk_item_without_reason,
    "an item with a note": Visitor.desk_noted,
    "an item that a colleague took": Visitor.desk_taken_by_another,
    "an item with candidates": Visitor.desk_candidates,
    "an item without a choice made": Visitor.desk_without_choice,
    "an item that is done": Visitor.desk_done,
    "a conversation at the desk": Visitor.desk_conversation,
    "an answer that was sent": Visitor.desk_answered,
    "an answer without words": Visitor.desk_answer_without_words,
    "an answer that was begun with a text": Visitor.desk_answer_begun,
    "an answer to who took the question back": Visitor.desk_answer_too_late,
    "own words": Visitor.own_words,
    "own words that give something away": Visitor.own_words_refused,
    "own words to who chose no way": Visitor.own_words_to_nobody,
    "a letter": Visitor.letter,
    "texts for answers": Visitor.templates,
    "a new text for answers": Visitor.template_new,
    "a text for answers full of mistakes": Visitor.template_wrong,
    "a text for answers": Visitor.template,
    "searching": Visitor.search,
    "what a search found": Visitor.search_found,
    "a search that found nobody": Visitor.search_nobody,
    "a search for nothing": Visitor.search_nothing_typed,
    "a person's story": Visitor.story,
    "a person's story of which all is shown": Visitor.story_shown,
    "erasing": Visitor.erase,
    "erasing nobody": Visitor.erase_nobody,
    "erasing, looked at first": Visitor.erase_preview,
    "erasing without being sure": Visitor.erase_not_sure,
    "somebody who was erased": Visitor.erased,
    "the audit": Visitor.audit,
    "the audit of no record": Visitor.audit_wrong,
    "the figures": Visitor.figures,
    "the hours": Visitor.hours,
    "the hours written wrongly": Visitor.hours_wrong,
    "the hours with a closure": Visitor.hours_closed,
    "the shifts": Visitor.shifts,
    "the shifts with one taken": Visitor.shift_taken,
    "a shift without a day": Visitor.shift_wrong,
    "a page of another role": Visitor.not_their_role,
    "what is not there at the desk": Visitor.not_there_at_the_desk,
    "an offer": Visitor.offer,
    "an offer declined without a reason": Visitor.offer_declined_without_reason,
    "an offer that was declined": Visitor.offer_declined,
    "an offer that was accepted": Visitor.offer_accepted,
    "an offer that was accepted, of who calls themselves": Visitor.offer_accepted_of_who_calls_themselves,
    "a link that leads nowhere": Visitor.link_to_nowhere,
    "the page that asks whose an address is": Visitor.address,
    "the page that asks whose an address is, answered": Visitor.address_confirmed,
    "the page that asks whose an address is, too late": Visitor.address_ended,
    "the postbus": Visitor.postbus,
    "the empty postbus": Visitor.empty_postbus,
}

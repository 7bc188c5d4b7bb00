"""What can be done with visits. Each of these commits, except `answer`, `ask_which`, `call_off`, `choose`,
`claim_due`, `claim_lapsed`, `claim_lapsed_offers`, `claim_unchosen`, `end_links`, `enrolled`,
`give_up_choice`, `link_sent`, `linked`, `offer_places`, `read_in_a_reply`, `record`, `registration_of`,
`registration_of_feed`, `send_link` and `vouch`, those by mail too, and `carry_out`, `leave_it`,
`start_again` and `write_back`, which the desk does."""

from services.notify.visits.commands.answering import answer as answer
from services.notify.visits.commands.answering import answer_mail as answer_mail
from services.notify.visits.commands.answering import call_off as call_off
from services.notify.visits.commands.answering import call_off_mail as call_off_mail
from services.notify.visits.commands.answering import last_asked as last_asked
from services.notify.visits.commands.answering import read_in_a_reply as read_in_a_reply
from services.notify.visits.commands.answering import record as record
from services.notify.visits.commands.answering import whose_mail as whose_mail
from services.notify.visits.commands.attending import attend as attend
from services.notify.visits.commands.choosing import ask_which as ask_which
from services.notify.visits.commands.choosing import choose as choose
from services.notify.visits.commands.choosing import claim_unchosen as claim_unchosen
from services.notify.visits.commands.choosing import give_up_choice as give_up_choice
from services.notify.visits.commands.closing import Closed as Closed
from services.notify.visits.commands.closing import close as close
from services.notify.visits.commands.closing import reopen as reopen
from services.notify.visits.commands.closing import say as say
from services.notify.visits.commands.linking import end_links as end_links
from services.notify.visits.commands.linking import link_sent as link_sent
from services.notify.visits.commands.linking import registration_of as registration_of
from services.notify.visits.commands.linking import registration_of_feed as registration_of_feed
from services.notify.visits.commands.linking import send_link as send_link
from services.notify.visits.commands.proving import confirm_by_link as confirm_by_link
from services.notify.visits.commands.proving import linked as linked
from services.notify.visits.commands.proving import vouch as vouch
from services.notify.visits.commands.publishing import Change as Change
from services.notify.visits.commands.publishing import Opening as Opening
from services.notify.visits.commands.publishing import Publisher as Publisher
from services.notify.visits.commands.publishing import cancel as cancel
from services.notify.visits.commands.publishing import carry_out as carry_out
from services.notify.visits.commands.publishing import change as change
from services.notify.visits.commands.publishing import publish as publish
from services.notify.visits.commands.queueing import claim_lapsed_offers as claim_lapsed_offers
from services.notify.visits.commands.queueing import lapse_offer as lapse_offer
from services.notify.visits.commands.queueing import offer_places as offer_places
from services.notify.visits.commands.reaching import Amendment as Amendment
from services.notify.visits.commands.reaching import Family as Family
from services.notify.visits.commands.registering import amend as amend
from services.notify.visits.commands.registering import enrolled as enrolled
from services.notify.visits.commands.registering import look_who_comes as look_who_comes
from services.notify.visits.commands.registering import register as register
from services.notify.visits.commands.reminding import claim_due as claim_due
from services.notify.visits.commands.reminding import give_up as give_up
from services.notify.visits.commands.reminding import remind as remind
from services.notify.visits.commands.sample import load_sample as load_sample
from services.notify.visits.commands.seconding import Person as Person
from services.notify.visits.commands.seconding import claim_lapsed as claim_lapsed
from services.notify.visits.commands.seconding import lapse as lapse
from services.notify.visits.commands.seconding import leave_it as leave_it
from services.notify.visits.commands.silenced import start_again as start_again
from services.notify.visits.commands.switching import switch as switch
from services.notify.visits.commands.writing_back import write_back as write_back

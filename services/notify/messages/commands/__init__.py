"""What can be done with messages. Claiming, planning, voiding, mail that came back, and asking for a call or
dropping it leave the commit to the caller; each of the others commits."""

from services.notify.channels.port import Inbound as Inbound
from services.notify.messages.commands.claims import claim_due as claim_due
from services.notify.messages.commands.claims import claim_first as claim_first
from services.notify.messages.commands.claims import claim_unknown as claim_unknown
from services.notify.messages.commands.consequences import ask_to_call as ask_to_call
from services.notify.messages.commands.consequences import no_call_any_more as no_call_any_more
from services.notify.messages.commands.consequences import tell_otherwise as tell_otherwise
from services.notify.messages.commands.finishing import end as end
from services.notify.messages.commands.finishing import finish as finish
from services.notify.messages.commands.lapsing import lapse as lapse
from services.notify.messages.commands.receipts import bind as bind
from services.notify.messages.commands.receipts import came_back as came_back
from services.notify.messages.commands.receipts import report as report
from services.notify.messages.commands.starting import Limits as Limits
from services.notify.messages.commands.starting import Ready as Ready
from services.notify.messages.commands.starting import start as start
from services.notify.messages.commands.wanting import Wanted as Wanted
from services.notify.messages.commands.wanting import void as void
from services.notify.messages.commands.wanting import want as want
from services.notify.messages.commands.wanting import want_all as want_all

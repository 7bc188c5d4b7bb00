from shared.messaging import Subscriptions

subscriptions = Subscriptions("referral")

"""The domains at which everybody in the Netherlands and Belgium may have an address.

What comes from one of them says nothing of who sent it. One that is missing costs its users little: from
the sixth form of a day on a person reads theirs first.
"""

FOR_EVERYBODY = frozenset(
    {
        "casema.nl",
        "chello.nl",
        "free.fr",
        "gmail.com",
        "gmx.com",
        "gmx.net",
        "googlemail.com",
        "hetnet.nl",
        "home.nl",
        "hotmail.be",
        "hotmail.com",
        "hotmail.fr",
        "hotmail.nl",
        "icloud.com",
        "kpnmail.nl",
        "kpnplanet.nl",
        "live.be",
        "live.com",
        "live.fr",
        "live.nl",
        "me.com",
        "msn.com",
        "orange.fr",
        "outlook.be",
        "outlook.com",
        "outlook.fr",
        "planet.nl",
        "proton.me",
        "protonmail.com",
        "proximus.be",
        "scarlet.be",
        "skynet.be",
        "telenet.be",
        "upcmail.nl",
        "voo.be",
        "xs4all.nl",
        "yahoo.com",
        "yahoo.fr",
        "ziggo.nl",
        "zonnet.nl",
    }
)

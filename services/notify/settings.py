from services.notify.channels.settings import ChannelSettings


class Settings(ChannelSettings):
    pass

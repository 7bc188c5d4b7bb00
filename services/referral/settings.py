from shared.settings import CommonSettings


class Settings(CommonSettings):
    pass

from dm.common.exceptions.dmException import DmException


class InvalidSession(DmException):
    code = 12

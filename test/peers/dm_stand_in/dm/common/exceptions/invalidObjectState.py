from dm.common.exceptions.dmException import DmException


class InvalidObjectState(DmException):
    code = 16

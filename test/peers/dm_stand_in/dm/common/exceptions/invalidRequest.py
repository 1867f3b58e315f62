from dm.common.exceptions.dmException import DmException


class InvalidRequest(DmException):
    code = 11

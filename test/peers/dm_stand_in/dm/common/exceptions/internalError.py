from dm.common.exceptions.dmException import DmException


class InternalError(DmException):
    code = 2

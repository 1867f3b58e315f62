from dm.common.exceptions.dmException import DmException


class InvalidArgument(DmException):
    code = 10

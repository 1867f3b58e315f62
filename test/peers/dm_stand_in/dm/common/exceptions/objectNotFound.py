from dm.common.exceptions.dmException import DmException


class ObjectNotFound(DmException):
    code = 14

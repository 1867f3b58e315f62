from dm.common.exceptions.dmException import DmException


class CommunicationError(DmException):
    code = 3

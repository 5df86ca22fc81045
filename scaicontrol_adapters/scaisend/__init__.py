"""ScaiSend: messages handed over by HTTP, and its reports of what became of them."""

from scaicontrol_adapters.scaisend.sender import ScaiSendMail, ScaiSendSettings

__all__ = ["ScaiSendMail", "ScaiSendSettings"]

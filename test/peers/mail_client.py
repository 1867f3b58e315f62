"""Python's own mail client against a mail server: what it is told, as JSON.

    mail_client.py HOST PORT USERNAME   the password in MAIL_TEST_PASSWORD
"""
import json
import os
import smtplib
import sys
from email.message import EmailMessage

host, port, username = sys.argv[1:]
result = {}


def message(to):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@x.example", to, "Grüße"
    mail.set_content(".\nText with a dot at its beginning\n")
    return mail


def attempt(name, work):
    try:
        result[name] = work()
    except smtplib.SMTPRecipientsRefused as refused:
        result[name] = [[code, words.decode()] for code, words in refused.recipients.values()]
    except smtplib.SMTPResponseException as error:
        result[name] = [error.smtp_code, error.smtp_error.decode()]
    except smtplib.SMTPServerDisconnected:
        result[name] = "disconnected"


with smtplib.SMTP(host, int(port), timeout=10) as client:
    attempt("without login", lambda: client.send_message(message("b@x.example")))
    attempt("wrong password", lambda: client.login(username, "wrong")[0])
    attempt("login", lambda: client.login(username, os.environ["MAIL_TEST_PASSWORD"])[0])
    attempt("sent", lambda: client.send_message(message("b@x.example")))
    attempt("refused", lambda: client.send_message(message("refused@x.example")))
    attempt("sent after that", lambda: client.send_message(message("c@x.example")))
print(json.dumps(result))

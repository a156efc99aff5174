"""A small mail server for test_mail.c: one thread, loopback, a port that the kernel chose.

testing_smtp.py FOLDER MODE writes the port to FOLDER/port and what it was told to FOLDER/told, a line for each line. MODE is words:
`starttls` and `smtps` speak TLS with FOLDER/cert.pem, `auth` wants ann's password, `busy` refuses the first recipient for now, `no` for good.
"""
import base64
import pathlib
import socket
import ssl
import sys

folder = pathlib.Path(sys.argv[1])
modes = sys.argv[2].split()
told = open(folder / "told", "w", buffering=1)
busy = "busy" in modes


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return made


def converse(connection):
    global busy
    if "smtps" in modes:
        connection = context().wrap_socket(connection, server_side=True)
    stream = connection.makefile("rwb", buffering=0)
    secure = "smtps" in modes
    stream.write(b"220 test\r\n")
    while line := stream.readline():
        told.write(("tls " if secure else "") + line.decode().rstrip("\r\n") + "\n")
        verb = line.decode().split()[0].upper() if line.strip() else ""
        if verb == "EHLO":
            offers = ["test"] + (["STARTTLS"] if "starttls" in modes and not secure else []) + (["AUTH PLAIN"] if "auth" in modes else [])
            for i, offer in enumerate(offers):
                stream.write(f"250{' ' if i + 1 == len(offers) else '-'}{offer}\r\n".encode())
        elif verb == "STARTTLS":
            stream.write(b"220 go\r\n")
            connection = context().wrap_socket(connection, server_side=True)
            stream = connection.makefile("rwb", buffering=0)
            secure = True
        elif verb == "AUTH":
            words = line.decode().split()
            if len(words) == 2:
                stream.write(b"334 \r\n")
                words.append(stream.readline().decode().strip())
            right = base64.b64decode(words[2]) == b"\0ann\0secret"
            stream.write(b"235 hello\r\n" if right else b"535 who?\r\n")
        elif verb == "RCPT" and "no" in modes:
            stream.write(b"550 nobody of that name\r\n")
        elif verb == "RCPT" and busy:
            busy = False
            stream.write(b"451 later\r\n")
        elif verb == "DATA":
            stream.write(b"354 go\r\n")
            while (text := stream.readline()) not in (b".\r\n", b""):
                told.write("| " + text.decode().rstrip("\r\n") + "\n")
            told.write("end\n")
            stream.write(b"250 taken\r\n")
        elif verb == "QUIT":
            stream.write(b"221 bye\r\n")
            break
        else:
            stream.write(b"250 fine\r\n")
    connection.close()


with socket.create_server(("127.0.0.1", 0)) as server:
    (folder / "port.new").write_text(str(server.getsockname()[1]))
    (folder / "port.new").rename(folder / "port")
    while True:
        try:
            converse(server.accept()[0])
        except OSError as error:
            told.write(f"broken: {error}\n")

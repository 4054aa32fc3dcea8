"""A broker that asks for TLS, a password and permission, as one in production does."""

import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from devstack.kafka import BrokerOptions

ADMIN: Final = "admin"
MECHANISM: Final = "SCRAM-SHA-512"
Right = tuple[int, str, tuple[int, ...]]
"""A resource type, the prefix of names, and operations."""
TOPIC, GROUP = 2, 3
PREFIXED, ALLOW = 4, 3
READ, WRITE, CREATE, DESCRIBE, DESCRIBE_CONFIGS = 3, 4, 5, 8, 10
"""Kafka's numbers of resource types, pattern types, permissions and operations."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority of the test's own, whose files are below `folder`."""

    folder: Path
    _key: ec.EllipticCurvePrivateKey
    _certificate: x509.Certificate

    @classmethod
    def make(cls, folder: Path, name: str = "test authority") -> "Authority":
        """Make one; its certificate is in `ca_file`."""
        folder.mkdir(parents=True, exist_ok=True)
        key, subject = ec.generate_private_key(ec.SECP256R1()), _name(name)
        certificate = (
            _unsigned(subject, subject, key.public_key(), days=30)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, SHA256())
        )
        authority = cls(folder, key, certificate)
        authority.ca_file.write_bytes(certificate.public_bytes(Encoding.PEM))
        return authority

    @property
    def ca_file(self) -> Path:
        """The certificate that clients trust."""
        return self.folder / "ca.pem"

    def issue(self, name: str, hosts: Sequence[str] = ("127.0.0.1",), days: int = 30) -> Path:
        """Return a PEM file of a key and its certificate; fewer than 0 days: it has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _unsigned(_name(name), self._certificate.subject, key.public_key(), days)
            .add_extension(x509.SubjectAlternativeName([*map(_host, hosts)]), critical=False)
            .sign(self._key, SHA256())
        )
        file = self.folder / f"{name}.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        file.chmod(0o600)
        return file


def sasl_ssl(
    authority: Authority,
    accounts: Mapping[str, str],
    properties: Mapping[str, str] | None = None,
) -> BrokerOptions:
    """Return options of a broker with SASL_SSL and ACLs.

    Args:
        authority: issues the broker's certificate, for 127.0.0.1.
        accounts: passwords by name. `ADMIN` must be one: brokers use it among themselves, and
            it may do everything; the others may do what ACLs let them.
        properties: as in `BrokerOptions`.
    """
    users = " ".join(f'user_{name}="{password}"' for name, password in accounts.items())
    listener = "listener.name.clients"
    return BrokerOptions(
        protocol="SASL_SSL",
        properties={
            **keystore(listener, authority.issue("broker")),
            f"{listener}.ssl.truststore.type": "PEM",
            f"{listener}.ssl.truststore.location": str(authority.ca_file),
            "sasl.enabled.mechanisms": f"PLAIN,{MECHANISM}",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            f"{listener}.plain.sasl.jaas.config": (
                "org.apache.kafka.common.security.plain.PlainLoginModule required "
                f'username="{ADMIN}" password="{accounts[ADMIN]}" {users};'
            ),
            f"{listener}.{MECHANISM.lower()}.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            # Controllers speak in plain text among themselves, on the loopback.
            "super.users": f"User:{ADMIN};User:ANONYMOUS",
            **(properties or {}),
        },
        scram=[
            f"{MECHANISM}=[name={name},password={password}]" for name, password in accounts.items()
        ],
        client={
            "security_protocol": "SASL_SSL",
            "ssl_context": ssl.create_default_context(cafile=authority.ca_file),
            "sasl_mechanism": "PLAIN",
            "sasl_plain_username": ADMIN,
            "sasl_plain_password": accounts[ADMIN],
        },
    )


def documented(prefix: str) -> list[Right]:
    """Return the ACLs that docs/kafka.md lists."""
    group = f"tidemark-{prefix}"
    return [
        (TOPIC, f"{prefix}.", (READ, WRITE, DESCRIBE, CREATE, DESCRIBE_CONFIGS)),
        (TOPIC, f"{group}-", (READ, WRITE, DESCRIBE, CREATE)),
        (GROUP, group, (READ, DESCRIBE)),
    ]


async def grant(admin: AIOKafkaAdminClient, user: str, rights: Iterable[Right]) -> None:
    """Add ACLs that allow a user these operations."""
    for resource, name, operations in rights:
        for operation in operations:
            answer = await admin._send_request(
                CreateAclsRequest(resource, name, PREFIXED, f"User:{user}", "*", operation, ALLOW)
            )
            for code, message in answer.creation_responses:
                if code:
                    raise for_code(code)(message)


def keystore(listener: str, file: Path) -> dict[str, str]:
    """Return the properties that have a listener (`listener.name.<name>`) show a certificate."""
    return {
        f"{listener}.ssl.keystore.type": "PEM",
        f"{listener}.ssl.keystore.location": str(file),
    }


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + min(0, days) * _DAY - _DAY)
        .not_valid_after(now + days * _DAY)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)

"""What is sent to a utility out of band: its own form, row by row, ready for an e-mail; D6."""

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from provisioned import CODE, LFDI, inverter, outcome, request

from sluice_tools.provision import form
from sluice_wire.utilities import PROFILES

# Energy Queensland's SEP2 Client Handbook, annex A, in its order
ANNEX_A = (
    "Entity Name",
    "Australian Business Number (ABN)",
    "IANA Private Enterprise Number (PEN)",
    "Address",
    "Client Product Name",
    "Client Type",
    "Equipment Type",
    "Targeted Inverter Products",
    "Technical Contact Name (for communications and outage notifications)",
    "Technical Contact Email",
    "Technical Contact Number",
    "Certificate Signing Request (CSR)",
    "Reviewed and accepted server access agreement?",
    "Name of authorised signatory",
    "Title of authorised signatory",
    "Email of authorised signatory",
)
PROVIDER = {
    "entity": "Weir Energy Pty Ltd",
    "abn": "96612535583",
    "pen": 40732,
    "address": "1 Weir Street Newstead QLD 4006",
    "product": "Sluice",
    "client_type": "Cloud",
    "equipment": "Inverter",
    "inverters": ["Series A", "Series B"],
    "contact": {"name": "Sam Long", "email": "sam@weir.example", "phone": "0412 345 678"},
    "signatory": {"name": "Lee Short", "title": "General Manager", "email": "lee@weir.example"},
}
words = st.text(st.characters(codec="utf-8"), max_size=60)


def one_line(text: str) -> str:
    return " ".join(text.split())


def annex(provider: dict[str, object], **known: object) -> str:
    """Give what is sent for a provider, from its form on."""
    return form.text(outcome(provider=provider, **known)).split("annex A)")[1]


def columns(text: str) -> tuple[str, str]:
    """Give both columns of the form, each as one line: its labels, and what stands beside them."""
    rows = [line for line in text.splitlines() if not line.startswith("    ")]
    return one_line(" ".join(row[:38] for row in rows)), one_line(" ".join(row[38:] for row in rows))


def test_the_form_has_every_row_of_the_handbook_in_its_order():
    labels, _ = columns(annex(PROVIDER))
    places = [labels.find(f"{label}:") for label in ANNEX_A]
    assert -1 not in places
    assert places == sorted(places)


def test_what_is_known_of_the_provider_is_in_its_form():
    _, values = columns(annex(PROVIDER))
    assert "Weir Energy Pty Ltd 96 612 535 583 40732 1 Weir Street Newstead QLD 4006 Sluice Cloud Inverter " in values
    assert "Series A; Series B Sam Long sam@weir.example 0412 345 678 " in values
    assert values.endswith("Lee Short General Manager lee@weir.example")


def test_what_is_missing_is_marked_and_what_the_site_knows_is_filled_in():
    text = annex({"entity": "Weir Energy Pty Ltd"}, csr=request())
    assert text.count(form.MISSING) == 9  # ABN, address, product, three of the contact, three of the signatory
    _, values = columns(text)
    assert "57269" in values
    assert "Direct Gateway Weir Power WP-10000-3P" in values


def test_a_number_that_was_never_given_is_no_zero():
    assert "Number [to be filled in] (PEN)" in one_line(annex({"entity": "Weir Energy"}, pen=0))


def test_the_request_for_a_certificate_is_whole():
    pem = request()
    text = form.text(outcome(provider=PROVIDER, csr=pem))
    sent = text[text.index("-----BEGIN") : text.index("-----END CERTIFICATE REQUEST-----") + 33]
    assert x509.load_pem_x509_csr(sent.encode()) == x509.load_pem_x509_csr(pem.encode())


def test_the_site_is_told_by_its_lfdi_sfdi_and_nmi_and_its_devices():
    text = form.text(outcome(devices=[inverter(2), inverter(3)]))
    assert f"LFDI:              {LFDI}\n" in text
    assert "SFDI:              173034634270\n" in text
    assert "NMI:               QB12345678\n" in text
    assert "Inverter, unit 3:  Weir Power WP-10000-3P, serial WP10K-0001373,\n" + 19 * " " + "10000 W, 11000 VA" in text
    assert "annex A" not in text


@pytest.mark.parametrize(
    ("profile", "address", "nmi"),
    [
        ("energy-queensland", "Dynamic.Connections@energyq.com.au", "QB12345678\n"),
        ("cppalue", "OEM_onboarding@powercor.com.au", "QB123456789\n"),
    ],
)
def test_it_goes_where_the_handbook_says_with_the_nmi_as_the_utility_wants_it(profile: str, address: str, nmi: str):
    text = form.text(outcome(profile=profile))
    assert text.startswith(f"To: {address}\n")
    assert nmi in text


def test_every_utility_without_in_band_registration_has_an_address():
    assert set(form.OFFICES) == {name for name, profile in PROFILES.items() if not profile.in_band}


def test_nothing_is_sent_where_the_gateway_registers_itself():
    assert form.text(outcome(profile="sa-power-networks")).count("\n") == 1


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_without_a_certificate_the_request_for_it_is_sent(profile: str):
    pem = request()
    assert pem in form.text(outcome(profile=profile, lfdi="", sfdi="", csr=pem))


@pytest.mark.parametrize("abn", ["96 612 535 583", "51824753556", "53004085616"])
def test_business_numbers_of_real_entities_are_valid(abn: str):
    assert form.abn_valid(abn)


@given(st.integers(0, 10), st.integers(1, 9))
def test_a_wrong_digit_of_a_business_number_is_seen(place: int, off: int):
    digits = [int(digit) for digit in "96612535583"]
    digits[place] = (digits[place] + off) % 10
    wrong = "".join(map(str, digits))
    assert not form.abn_valid(wrong)
    assert f"{wrong} [its check" in one_line(annex({"abn": wrong}))


@pytest.mark.parametrize("abn", ["", "9661253558", "966125355830", "9661253558x", "٩٦٦١٢٥٣٥٥٨٣"])
def test_what_is_no_business_number_is_not_valid(abn: str):
    assert not form.abn_valid(abn)


@given(words, words, st.lists(words, max_size=3))
def test_no_value_makes_a_line_of_its_own_or_a_control_character(entity: str, contact: str, inverters: list[str]):
    provider = {
        **PROVIDER,
        "entity": f"{entity}\nAddress: elsewhere",
        "contact": {"name": contact},
        "inverters": inverters,
    }
    text = annex(provider)
    assert [line for line in text.splitlines() if line.startswith("Address:")] == [
        "Address:                              1 Weir Street Newstead QLD 4006"
    ]
    assert all(line.isprintable() for line in text.split("\n"))


@given(st.lists(st.text("abcWM-. ", min_size=1, max_size=60), min_size=1, max_size=30))
def test_no_line_is_wider_than_an_e_mail(inverters: list[str]):
    text = form.text(outcome(provider={**PROVIDER, "inverters": inverters}, csr=request()))
    assert max(map(len, text.splitlines())) <= 72


def test_an_address_is_never_broken():
    email = "outages@a-provider-with-quite-a-long-name.example.com"
    assert f"\n    {email}\n" in annex({"contact": {"email": email}})


def test_the_site_code_is_not_sent():
    assert CODE not in form.text(outcome(provider=PROVIDER))

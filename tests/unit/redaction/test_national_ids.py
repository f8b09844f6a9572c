import pytest

from deskquorum.redaction import EntityType, find
from deskquorum.redaction.check_digits import iso_7064_mod_11_10, luhn_holds, verhoeff_holds

NUMBERS = [
    pytest.param("12345678Z", id="spain-dni"),
    pytest.param("X1234567L", id="spain-nie"),
    pytest.param("1 84 12 76 451 089 46", id="france-nir"),
    pytest.param("86 095 742 719", id="germany-steuer-id"),
    pytest.param("RSSMRA85T10A562S", id="italy-codice-fiscale"),
    pytest.param("1112.22.333", id="netherlands-bsn"),
    pytest.param("529.982.247-25", id="brazil-cpf"),
    pytest.param("11.222.333/0001-81", id="brazil-cnpj"),
    pytest.param("44051401359", id="poland-pesel"),
    pytest.param("AB 12 34 56 C", id="united-kingdom-nino"),
    pytest.param("2345 6789 0124", id="india-aadhaar"),
    pytest.param("ABCPE1234F", id="india-pan"),
    pytest.param("2123 45670 1", id="australia-medicare"),
    pytest.param("10000000146", id="turkey"),
    pytest.param("756.9217.0769.85", id="switzerland-ahv"),
    pytest.param("85.07.30-033.28", id="belgium"),
    pytest.param("12.345.678-5", id="chile-rut"),
    pytest.param("20-12345678-6", id="argentina-cuit"),
    pytest.param("S1234567D", id="singapore-nric"),
    pytest.param("131052-308T", id="finland-hetu"),
    pytest.param("1800101221144", id="romania-cnp"),
    pytest.param("736028/5163", id="czechia"),
    pytest.param("1234567T", id="ireland-pps"),
    pytest.param("811218-9876", id="sweden"),
    pytest.param("8001015009087", id="south-africa"),
    pytest.param("GODE561231HDFLRN09", id="mexico-curp"),
]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_whose_check_digits_hold_is_found_without_a_word_before_it(number):
    assert [number] == [
        f"it says {number} on it"[e.start : e.end]
        for e in find(f"it says {number} on it")
        if e.type is EntityType.NATIONAL_ID
    ]


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("12345678A", id="spain-wrong-letter"),
        pytest.param("RSSMRA85T10A562X", id="italy-wrong-letter"),
        pytest.param("44051401358", id="poland-wrong-digit"),
        pytest.param("12.345.678-6", id="chile-wrong-digit"),
        pytest.param("1234567A", id="ireland-wrong-letter"),
    ],
)
def test_a_number_whose_check_digits_fail_is_an_article_number(number):
    assert find(f"it says {number} on it") == ()


@pytest.mark.parametrize("number", ["943 476 5919", "123 456 782", "046-454-286"])
def test_a_number_that_may_be_a_phone_is_hidden_as_either(number):
    (entity,) = find(f"it says {number} on it")
    assert (entity.end - entity.start) == len(number)
    assert entity.type in {EntityType.NATIONAL_ID, EntityType.PHONE}


def test_a_number_that_is_called_an_order_is_one():
    assert find("order 44051401359 is late") == ()


@pytest.mark.parametrize(
    ("holds", "right", "wrong"),
    [
        # Worked by hand: 7992739871 has digit sum 67 after doubling, so 3 makes 70.
        pytest.param(luhn_holds, "79927398713", "79927398710", id="luhn"),
        # Verhoeff's own example: 236 takes the check digit 3.
        pytest.param(verhoeff_holds, "2363", "2364", id="verhoeff"),
        # ISO 7064, annex: 0794 takes the check digit 5.
        pytest.param(iso_7064_mod_11_10, "07945", "07944", id="iso-7064"),
    ],
)
def test_check_digits_are_as_their_authors_worked_them(holds, right, wrong):
    assert holds(right)
    assert not holds(wrong)

"""Where customers live: towns, streets and names to make them of, and what a VAT number looks like there."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen


@frozen(kw_only=True)
class Country:
    """A country's words. ``vat_number`` is a pattern in which each ``#`` stands for a digit; None outside the EU.

    ``towns`` are postal code and town; ``firm`` is a company's name around its owner's ``{}``.
    """

    language: str
    towns: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
    surnames: tuple[str, ...]
    forenames: tuple[str, ...]
    firms: tuple[str, ...]
    vat_number: str | None = None


COUNTRIES: Mapping[str, Country] = {
    "AT": Country(
        language="de",
        towns=(("1010", "Wien"), ("8010", "Graz"), ("5020", "Salzburg"), ("4020", "Linz")),
        streets=("Hauptstraße {}", "Am Ring {}", "Mühlgasse {}"),
        surnames=("Gruber", "Huber", "Wagner", "Pichler", "Steiner", "Moser"),
        forenames=("Anna", "Lukas", "Marie", "Jakob"),
        firms=("{} GmbH", "{} & Partner OG"),
        vat_number="ATU########",
    ),
    "BE": Country(
        language="fr",
        towns=(("1000", "Bruxelles"), ("9000", "Gent"), ("4000", "Liège"), ("2000", "Antwerpen")),
        streets=("Rue Haute {}", "Kerkstraat {}", "Avenue du Parc {}"),
        surnames=("Peeters", "Dubois", "Janssens", "Lambert", "Maes", "Claes"),
        forenames=("Emma", "Louis", "Camille", "Jules"),
        firms=("{} SRL", "Maison {} SA", "{} BV"),
        vat_number="BE0#########",
    ),
    "CH": Country(
        language="de",
        towns=(("8001", "Zürich"), ("3011", "Bern"), ("4051", "Basel")),
        streets=("Bahnhofstrasse {}", "Seeweg {}"),
        surnames=("Meier", "Keller", "Frei", "Baumann", "Graf"),
        forenames=("Mia", "Noah", "Lena", "Luca"),
        firms=("{} AG", "{} GmbH"),
    ),
    "DE": Country(
        language="de",
        towns=(("10115", "Berlin"), ("20095", "Hamburg"), ("50667", "Köln"), ("01067", "Dresden")),
        streets=("Lindenstraße {}", "Gartenweg {}", "Am Markt {}", "Schulstraße {}"),
        surnames=("Müller", "Schmidt", "Weber", "Fischer", "Becker", "Hoffmann", "Koch", "Krüger"),
        forenames=("Sophie", "Paul", "Hanna", "Felix"),
        firms=("{} GmbH", "{} & Söhne KG", "{} Technik GmbH"),
        vat_number="DE#########",
    ),
    "DK": Country(
        language="en",
        towns=(("1050", "København K"), ("8000", "Aarhus C"), ("5000", "Odense C")),
        streets=("Nørregade {}", "Havnevej {}"),
        surnames=("Jensen", "Nielsen", "Hansen", "Larsen", "Holm"),
        forenames=("Freja", "Emil", "Ida", "Oscar"),
        firms=("{} ApS", "{} A/S"),
        vat_number="DK########",
    ),
    "ES": Country(
        language="es",
        towns=(("28001", "Madrid"), ("08001", "Barcelona"), ("41001", "Sevilla"), ("46001", "Valencia")),
        streets=("Calle Mayor {}", "Avenida del Sol {}"),
        surnames=("García", "López", "Romero", "Navarro", "Torres", "Molina"),
        forenames=("Lucía", "Hugo", "Paula", "Mateo"),
        firms=("{} S.L.", "Hermanos {} S.A."),
        vat_number="ESB########",
    ),
    "FR": Country(
        language="fr",
        towns=(("75002", "Paris"), ("69001", "Lyon"), ("44000", "Nantes"), ("31000", "Toulouse")),
        streets=("{} rue des Lilas", "{} avenue de la Gare", "{} place du Marché"),
        surnames=("Martin", "Bernard", "Moreau", "Laurent", "Girard", "Roux", "Fontaine"),
        forenames=("Chloé", "Léo", "Manon", "Nathan"),
        firms=("Ateliers {} SARL", "{} et Fils SAS"),
        vat_number="FR###########",
    ),
    "GB": Country(
        language="en",
        towns=(("EC1A 1BB", "London"), ("M1 1AE", "Manchester"), ("BS1 4DJ", "Bristol")),
        streets=("{} High Street", "{} Mill Lane"),
        surnames=("Taylor", "Brown", "Wright", "Clarke", "Hughes"),
        forenames=("Olivia", "Harry", "Amelia", "Jack"),
        firms=("{} Ltd", "{} & Co Ltd"),
    ),
    "IT": Country(
        language="it",
        towns=(("00184", "Roma"), ("20121", "Milano"), ("10121", "Torino"), ("40121", "Bologna")),
        streets=("Via Roma {}", "Via dei Mille {}"),
        surnames=("Rossi", "Bianchi", "Ferrari", "Conti", "Greco", "Marino"),
        forenames=("Giulia", "Leonardo", "Sofia", "Marco"),
        firms=("{} S.r.l.", "Fratelli {} S.p.A."),
        vat_number="IT###########",
    ),
    "LU": Country(
        language="fr",
        towns=(("1118", "Luxembourg"), ("4001", "Esch-sur-Alzette")),
        streets=("{} rue Neuve", "{} Grand-Rue"),
        surnames=("Weis", "Hoffmann", "Muller", "Kremer"),
        forenames=("Lara", "Ben"),
        firms=("{} S.à r.l.",),
        vat_number="LU########",
    ),
    "NL": Country(
        language="nl",
        towns=(("1012 JS", "Amsterdam"), ("3511 LX", "Utrecht"), ("9711 AA", "Groningen"), ("6211 AB", "Maastricht")),
        streets=("Kerkstraat {}", "Kade {}", "Nieuwstraat {}", "Oudegracht {}"),
        surnames=("de Vries", "Jansen", "Bakker", "Visser", "Smit", "Meijer", "Mulder", "Bos"),
        forenames=("Emma", "Daan", "Julia", "Sem"),
        firms=("{} B.V.", "Gebroeders {} B.V.", "{} Groep B.V."),
        vat_number="NL#########B01",
    ),
    "NO": Country(
        language="en",
        towns=(("0150", "Oslo"), ("5003", "Bergen")),
        streets=("Storgata {}", "Havnegata {}"),
        surnames=("Hansen", "Olsen", "Berg", "Dahl"),
        forenames=("Nora", "Jakob"),
        firms=("{} AS",),
    ),
    "PL": Country(
        language="en",
        towns=(("00-001", "Warszawa"), ("30-001", "Kraków"), ("50-001", "Wrocław")),
        streets=("ul. Polna {}", "ul. Ogrodowa {}"),
        surnames=("Nowak", "Kowalski", "Mazur", "Krawczyk"),
        forenames=("Zofia", "Jan", "Maja", "Adam"),
        firms=("{} Sp. z o.o.",),
        vat_number="PL##########",
    ),
    "SE": Country(
        language="en",
        towns=(("111 20", "Stockholm"), ("411 03", "Göteborg"), ("211 20", "Malmö")),
        streets=("Storgatan {}", "Skolvägen {}"),
        surnames=("Andersson", "Lindberg", "Nyström", "Berglund"),
        forenames=("Alice", "William", "Maja", "Elias"),
        firms=("{} AB",),
        vat_number="SE##########01",
    ),
    "US": Country(
        language="en",
        towns=(("10001", "New York"), ("94105", "San Francisco"), ("60601", "Chicago")),
        streets=("{} Main Street", "{} Market Street"),
        surnames=("Johnson", "Miller", "Davis", "Parker", "Reed"),
        forenames=("Ava", "Ethan", "Grace", "Liam"),
        firms=("{} Inc.", "{} LLC"),
    ),
}  # fmt: skip

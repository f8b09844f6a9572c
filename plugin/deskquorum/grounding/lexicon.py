"""Closed word lists of the reply check, in the languages that desks serve by themselves."""

from __future__ import annotations

__all__ = [
    "ABBREVIATIONS",
    "ABUSE",
    "CONDITIONS",
    "COURTESY",
    "DOING",
    "ENTITLEMENTS",
    "GREETINGS",
    "LEAD_INS",
    "LEAD_IN_NOUNS",
    "LEGAL",
    "NEUTRAL",
    "PERMISSIONS",
    "PROMISES",
    "REQUESTED",
    "REQUESTS",
    "SENDABLE",
    "SENDING",
    "SIGN_OFFS",
    "STATUSES",
    "STOP_WORDS",
    "TIES_BACK",
    "word_set",
]


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(text.split())


STOP_WORDS = {
    "en": word_set(
        "a an the of to in on at by for from with and or but is are was were be been has have had "
        "do does did it its this that these those you your we our us i my they their he she as if "
        "so than then there here will can may would could should any all also just please not no"
    ),
    "es": word_set(
        "el la los las un una unos unas de del al a en y o pero es son está están fue ha han que "
        "se su sus tu tus te le les nos nuestro nuestra con por para como si no lo mi más muy ya "
        "cuando esta este esto usted puede pueden hay"
    ),
    "fr": word_set(
        "le la les un une des du de et ou mais est sont a ont été dans en au aux sur par pour "
        "avec "
        "que qui ne pas vous votre vos nous notre nos il elle ils ce cette ces je si se plus être"
    ),
    "de": word_set(
        "der die das den dem des ein eine einen einem einer und oder aber ist sind war wird "
        "werden "
        "wurde hat haben in im am an auf für mit von vom zu zum zur bei nach nicht kein keine sie "
        "ihr ihre ihren ihnen wir uns unser es ich wenn dass als auch nur kann können bis"
    ),
    "pt": word_set(
        "o os as um uma uns umas do da dos das de em no na nos nas e ou mas é são foi tem têm que "
        "se seu sua seus suas você nós nosso nossa com por para como não ao à pelo pela mais já "
        "quando este esta isso pode podem há"
    ),
}

ABBREVIATIONS = word_set(
    "e.g i.e eg ie mr mrs ms dr prof st vs approx incl excl max min ca art nr z.b bzw d.h u.a ggf "
    "inkl zzgl p.ej sr sra srta dra av m mme p.ex n° exmo exma ltda inc ltd co"
)
CONDITIONS = word_set(
    "if unless when whenever once provided until only except otherwise while whether si sólo solo "
    "salvo excepto cuando sauf seulement lorsque quand wenn falls sofern außer nur sobald se caso "
    "quando exceto somente"
)
TIES_BACK = word_set(
    "it they them this that these those such otherwise other others then thereafter afterwards "
    "both neither either each same but however except unless only not also he she its "
    "their if ella ello ellos esto eso otros otras pero salvo sin si sin il elle ils cela ceci "
    "mais sauf autrement sie er es dies diese dieser sonst aber außer nur isso isto eles elas mas"
)
"""A sentence that starts with one of these leans on the one before it."""

PROMISES = word_set(
    "will shall promise promised guarantee guaranteed guarantees refund refunds refunded "
    "refunding "
    "reimburse reimbursed reimbursement compensate compensated compensation credit credited waive "
    "waived replace replaced replacement voucher vouchers payout issue issued process processed "
    "arrange arranged exception reembolso reembolsamos reembolsar reembolsaremos garantizamos "
    "compensación vale descuento remboursement rembourser remboursons remboursé garantissons "
    "dédommagement avoir erstatten erstattet erstattung rückerstattung garantieren gutschrift "
    "gutscheine gutschein entschädigung reembolsado reembolsada garantimos compensação desconto "
    "going ll 'll"
)
LEGAL = word_set(
    "liable liability legal legally law lawful court damages sue lawyer statutory rights waiver "
    "warranty warranties warrant indemnify contract binding ley legal derechos abogado garantía "
    "loi droit droits juridique garantie gesetz gesetzlich haftung haften rechtlich "
    "gewährleistung "
    "anwalt lei direito direitos advogado garantia"
)
ENTITLEMENTS = word_set(
    "entitled eligible qualify qualifies free complimentary covered cover covers right bonus gift "
    "discount owed owe due get gets receive receives derecho gratis gratuito gratuita cubre "
    "gratuit gratuite gratuitement kostenlos kostenfrei gratis anspruch berechtigt grátis direito"
)
PERMISSIONS = word_set(
    "can may could allowed allow allows permitted must cannot required need needs should "
    "puede puedes pueden debe debes peut peuvent pouvez doit devez kann können dürfen darf muss "
    "müssen pode podem deve devem"
)

GREETINGS = word_set(
    "hi hello hey dear good morning afternoon evening welcome hola buenos días buenas tardes "
    "estimado estimada querido querida bonjour bonsoir cher chère madame monsieur hallo guten tag "
    "morgen abend liebe lieber sehr geehrte geehrter frau herr olá oi bom dia boa tarde prezado "
    "prezada caro cara"
)
SIGN_OFFS = word_set(
    "regards sincerely cheers wishes saludos atentamente cordialement salutations grüße grüßen "
    "grüßen freundlichen mfg atenciosamente abraço abraços cumprimentos"
)
COURTESY = (
    GREETINGS
    | SIGN_OFFS
    | word_set(
        "thank thanks much very many so you your for writing reaching out getting in "
        "touch contacting "
        "contact us message messages email patience understanding sorry apologies "
        "apologise apologize "
        "we i are am is be 're 'm the a an this that about any inconvenience trouble "
        "hear to from and "
        "happy glad pleased help helping here have has had more other further question questions "
        "anything else let me know if just back with kind warm best great nice day week "
        "weekend ahead "
        "team support customer desk care service feel please appreciate feedback all "
        "again experience "
        "frustrating frustration delay wait understand how must been really truly it's i'm "
        "gracias por escribir escribirnos contactar mensaje lo siento sentimos disculpe disculpa "
        "disculpas las molestias un cordial saludo equipo muchas merci pour votre message désolé "
        "désolée désolés excuses nous vous la gêne équipe bonne journée vielen dank danke für "
        "ihre "
        "ihrer ihre nachricht entschuldigung entschuldigen sie es tut uns leid mit mir "
        "unannehmlichkeiten "
        "bitte team einen schönen obrigado obrigada pela sua mensagem desculpe desculpas "
        "lamentamos "
        "pelo pelos transtornos equipe inconveniente"
    )
)
REQUESTS = word_set(
    "tell send share confirm reply provide attach give know enviar envíe envía indique indicar "
    "confirme envoyer envoyez indiquer indiquez confirmer senden schicken mitteilen bestätigen "
    "nennen envie informe confirmar"
)
REQUESTED = word_set(
    "which what photo photos picture pictures receipt number numbers order details information "
    "name names size colour color date model copy screenshot item items address email full could "
    "can would you your please like do did not don't no card it its on of by or new number "
    "número pedido foto talla color nos su el numéro commande photo taille couleur nous votre "
    "pourriez ihre bestellnummer bestellung foto größe farbe uns könnten número tamanho cor "
    "podría puede poderia"
)
SENDING = word_set("send attach enviar envíe envía envie envoyer envoyez senden schicken")
SENDABLE = word_set(
    "photo photos picture pictures receipt number numbers details information copy screenshot "
    "foto número numéro bestellnummer"
)
"""A request to send anything else (an item, say) is a procedure."""
LEAD_INS = word_set(
    "our the this as per under according to in says say states state reads is follows here what "
    "of and by quote quoting nuestra la dice según notre dit selon unsere besagt laut lautet "
    "nossa "
    "diz conforme"
)
LEAD_IN_NOUNS = word_set(
    "policy policies rule rules clause clauses terms section política regla cláusula politique "
    "règle richtlinie richtlinien regel regra"
)
"""A lead-in names one of these or a clause; a topic (`exchanges:`) is part of the claim."""
NEUTRAL = word_set(
    "a an the your my our this that i we you it is are was were has have been be in on at of for "
    "to from with and by as see show shows order number status total date hi currently now "
    "checked already yes"
)
"""Words that a plain statement of a fact is built with; they assert nothing alone."""

DOING = word_set("issued made booked added done arranged confirmed will")
"""Words with which a reply tells that an action was carried out."""

STATUSES = {
    "pending": 0, "processing": 1, "processed": 1, "packed": 1, "shipped": 2, "dispatched": 2,
    "transit": 2, "delivered": 3, "returned": 4, "return received": 4, "cancelled": 9,
    "canceled": 9, "refunded": 9, "closed": 9, "open": 9, "active": 9, "expired": 9, "paused": 9,
}  # fmt: skip
"""Words for a state to its place along an order's way; 9 stands beside the way."""

ABUSE = word_set(
    "idiot idiots idiotic stupid moron moronic dumb imbecile loser fuck fucking fucked shit "
    "shitty "
    "bullshit bitch bastard asshole crap liar imbécil estúpido estúpida gilipollas mierda idiota "
    "connard connasse merde imbécile scheiße arschloch dummkopf trottel merda burro"
)

"""Words that tell whether a clause turns out well or badly for the customer, in five languages.

A plain statement counts as well; so only what turns it is listed. Phrases are parted by commas and
spelled as `words_of` spells them; of two at one place the longer one counts.
"""

from __future__ import annotations

from deskquorum.grounding.lexicon import word_set

__all__ = [
    "AGAINST",
    "FAVOUR",
    "FILLERS",
    "FIRM",
    "NEGATORS",
    "NEUTRAL",
    "ONLY",
    "OPEN",
    "WHOLE_NEGATORS",
    "WITHOUT",
    "Phrase",
]

Phrase = tuple[str, ...]


def _phrases(text: str) -> frozenset[Phrase]:
    return frozenset(tuple(phrase.split()) for phrase in text.split(",") if phrase.strip())


FAVOUR = _phrases(
    "allowed, permitted, welcome, able, possible, eligible, entitled, qualify, qualifies, "
    "available, open, okay, ok, fine, sure, accepted, accept, admitted, enough, sufficient, "
    "valid, granted, optional, guaranteed, up to you, your choice, room for, go ahead, goes "
    "ahead, "
    "takes place, free, free of charge, free of, free from, gratis, complimentary, covered, "
    "cover, covers, included, includes, "
    "nothing to pay, costs nothing, costs you nothing, cost nothing, cost you nothing, pay "
    "nothing, no extra, "
    "no surcharge, no fee, no fees, no penalty, not prevent, no need, need no, needs no, no "
    "card, without paying, at no cost, no cost, no charge, at no charge, "
    "without charge, for nothing, at no extra charge, nothing more to pay, no extra charge, "
    "we pay, we will pay, pays you, pay you, paid by us, we owe, owe you, you are owed, you are "
    "due, "
    "due a, due back, our expense, our cost, on us, waived, written off, money back, credited, "
    "in time, on time, still time, can still, is still, it's still, are still, still applies, "
    "you still, inside, well within, not too late, keep, keeps, "
    "carry over, carries over, carried over, roll over, rolls over, rolled over, survive, "
    "survives, "
    "carries on, goes on, stays yours, remains yours, stay yours, yours to keep, still holds, "
    "holds good, still stands, "
    "will do, dropped, fit into, fits into, fit in, room to spare, to spare, unlimited, no "
    "limit, no obstacle, "
    "no problem, all the same, anyway, yes, sure, of course, certainly, gladly, "
    "will fit, fits, welcome, anytime, any time, "
    "gratuito, gratuita, sin coste, sin costo, sin cargo, cubierto, cubierta, cubre, incluido, "
    "incluida, a tiempo, todavía, aún, posible, disponible, "
    "gratuit, gratuite, gratuitement, sans frais, couvert, couverte, inclus, incluse, à temps, "
    "encore, aucun souci, sans problème, possible, autorisé, "
    "kostenlos, kostenfrei, gedeckt, versichert, inklusive, rechtzeitig, möglich, erlaubt, "
    "jederzeit, trotzdem, "
    "grátis, coberto, coberta, incluído, incluída, a tempo, ainda, mesmo assim, sem custo"
)
"""Says outright that it turns out well."""

AGAINST = _phrases(
    "is out, are out, erased, deleted, turned away, stop the, stops the, stop you, stops you, "
    "prevent, prevents, "
    "weg, surcharge, a "
    "fee, fee of, fees apply, deducted, has ended, have ended, is up, "
    "refuse, refused, refuses, deny, denied, decline, declined, reject, rejected, excluded, "
    "exclude, excludes, prohibited, forbidden, banned, unable, impossible, unavailable, "
    "ineligible, invalid, void, closed, off limits, out of reach, ruled out, no longer, any more, "
    "anymore, disregarded, removed, called off, cancelled, comes to an end, barred, stay out, "
    "stay out of, too late, late, ran out, run out, has run out, behind you, out of time, "
    "overdue, "
    "past, over, lose, loses, lost, lapse, lapses, lapsed, expire, expires, expired, forfeit, "
    "forfeited, forfeits, gone, block, blocked, blocks, lock, locks, locked, exceed, exceeds, "
    "exceeded, too many, too much, too long, too heavy, too big, too large, too old, too short, "
    "too few, too good, too soon, too early, too, above what, short of, below the smallest, "
    "give up, drop, lowered, pay, pays, charged, charge, charges, costs, cost, "
    "stays with us, remains with us, we keep, we will keep, paid separately, charged separately, "
    "sold separately, paid extra, costs extra, cost extra, stay out, adds nothing, asked for, "
    "more than one, "
    "afraid, unfortunately, sorry that, on top, your expense, your cost, at their cost, "
    "separate, sent back, "
    "must, have to, has to, had to, required, need, needs, needed, more than your, more than "
    "you, more than what, more than allowed, one over, two over, out of the question, not yet, "
    "sent back, gone to, "
    "stepped in, it back to, compulsory, mandatory, obliged, bound, "
    "excluido, excluida, excluidos, rechazado, rechazada, prohibido, prohibida, pagar, paga, "
    "pagas, pagan, cuestan, cobran, "
    "lamentablemente, desafortunadamente, cobra, cobramos, cuesta, costaría, pierde, pierdes, "
    "caduca, caducado, vencido, "
    "fuera de plazo, demasiado, tarde, debe, debes, deben, obligatorio, "
    "exclu, exclus, exclue, exclues, refusé, refusée, refusés, interdit, interdite, payer, "
    "payez, paie, paient, payons, coûtent, perdez, "
    "malheureusement, facturé, facturés, coûte, perdu, perdus, expiré, trop, de trop, dépassé, "
    "doit, devez, doivent, "
    "obligatoire, "
    "ausgeschlossen, ausgenommen, abgelehnt, verboten, untersagt, zahlen, bezahlen, zahlt, "
    "bezahlt, kostet, kosten, brauchen, braucht, verlieren, "
    "leider, berechnen, berechnet, verfällt, verfallen, abgelaufen, zu spät, muss, müssen, "
    "verpflichtet, "
    "excluído, excluída, recusado, recusada, proibido, proibida, custa, custam, pagam, cobrado, "
    "cobrada, perde, perdem, "
    "infelizmente, expira, expirado, tarde demais, deve, devem, obrigatório"
)
"""Says that it turns out badly, or that it costs something."""

NEGATORS = word_set(
    "not no never none nothing nobody neither without hardly nowhere "
    "sin ningún ninguna ninguno nunca tampoco nadie nada no, not, never, "
    "pas aucun aucune jamais sans rien personne non non, "
    "nicht kein keine keinen keinem keiner nie niemals ohne nichts nein nein, "
    "não sem nenhum nenhuma nunca nem não,"
)
"""Turn what follows them, or the whole clause where nothing that can be turned follows."""

WHOLE_NEGATORS = word_set(
    "no none nothing nobody neither aucun aucune kein keine keinen ningún ninguna nenhum nenhuma"
)
"""Turn a word of stance wherever it stands behind them."""

NEUTRAL = _phrases(
    "no difference, no matter, no different, not only, no doubt, no later than, not later than, "
    "no more than, no less than, no sooner, not least"
)
"""Hold a negator that turns nothing."""

ONLY = word_set(
    "only alone solely exclusively sólo solo solamente únicamente seulement uniquement nur allein "
    "ausschließlich somente apenas só"
)

WITHOUT = word_set("without sin ohne sans sem")

FIRM = _phrases(
    "no getting round, no way around, no way round, no choice, can not avoid, "
    "must, have to, has to, need to, needs to, required, require, requires, compulsory, "
    "mandatory, "
    "obliged, can demand, can insist, have a right, has a right, can rely on, can count on, rely "
    "on, going to, shall, guaranteed, guarantee, "
    "guarantees, certain, sure to, sure, count on, "
    "insist, bound, "
    "committed, owe, promise, promised, definitely, always, entitled, no exceptions, "
    "debe, deben, debes, obligatorio, obligatoria, hay que, garantizado, muss, müssen, "
    "verpflichtet, pflicht, garantiert, doit, doivent, devez, obligatoire, garanti, deve, devem, "
    "obrigatório, garantido"
)
"""Makes it a duty or a certainty."""

OPEN = _phrases(
    "suggestion, advisable, own decision, your decision, your own, nobody makes, no obligation, "
    "need not, needs not, nothing obliges, "
    "may, might, can, could, optional, recommended, advised, discretion, depends, depend, "
    "subject to, "
    "case by case, possible, possibly, perhaps, try, tries, endeavours, endeavour, aim, aims, "
    "up to you, up to the, up to them, either, option, choose, choice, enough, whether, welcome, "
    "individually, comes down, if available, availability, instead, prefer, suggest, "
    "voluntary, puede, pueden, puedes, opcional, recomendado, según disponibilidad, kann, können, "
    "kannst, freiwillig, empfohlen, möglicherweise, peut, peuvent, pouvez, facultatif, "
    "recommandé, "
    "pode, podem, opcional, recomendado"
)
"""Leaves it open, or up to somebody."""

FILLERS = word_set(
    "up under over after before when while about into out off than too very own other others else "
    "both each either only alone still yet even again back get gets got give gives given make "
    "makes "
    "made take takes taken come comes go goes going want let like see say says yes no sorry "
    "afraid "
    "thanks hi hello i'm you're it's that's there's we're i've you've they're whether whatever "
    "however though although because since until till unless except once within without during "
    "such same more most less least many much few some every everybody everyone anybody anyone "
    "someone somebody nothing anything something who whose which what where why how he she him "
    "her "
    "his hers them yourself itself now today already also well right way thing things case cases "
    "mean means need needs needed must might shall cannot able don't doesn't isn't aren't didn't "
    "puede pueden también ya sólo solo sin sobre desde hasta entre cada otro otra después antes "
    "peut peuvent aussi déjà seulement sans sous chaque autre après avant leur leurs y "
    "auch schon nur ohne unter über jede jeder jedes andere nach vor dass daher leider noch beim "
    "também já sem sob cada outro outra depois antes"
)
"""Words too common to tell what a text is about."""

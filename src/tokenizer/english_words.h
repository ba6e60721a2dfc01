// Frequent words of general English, written down from general knowledge and without a look at what the
// practice world asks: function words, and the everyday nouns, verbs and adjectives that any list of the
// commonest words holds. Task words are in it only so far as they are frequent everywhere.
#pragma once

#include <string>
#include <string_view>

namespace retort {

constexpr std::string_view kEnglishWords[] = {
    "The",       "This",     "That",    "These",     "It",       "I",        "A",          "An",
    "What",      "Which",    "Who",     "Where",     "When",     "Why",      "How",        "Is",
    "Are",       "Was",      "Do",      "Does",      "Did",      "Can",      "Will",       "There",
    "In",        "On",       "At",      "From",      "For",      "With",     "If",         "And",
    "Or",        "But",      "Not",     "No",        "Yes",      "You",      "He",         "She",
    "We",        "They",     "My",      "Your",      "His",      "Please",   "Tell",       "Give",
    "Show",      "Find",     "Write",   "Make",      "Take",     "Say",      "Let",        "Look",
    "Put",       "Some",     "All",     "So",        "Then",     "Now",      "Here",       "One",
    "After",     "Before",   "the",     "a",         "to",       "of",       "and",        "is",
    "in",        "it",       "not",     "no",        "yes",      "one",      "two",        "three",
    "first",     "last",     "true",    "false",     "all",      "none",     "left",       "right",
    "an",        "i",        "be",      "been",      "being",    "am",       "was",        "were",
    "are",       "have",     "has",     "had",       "having",   "do",       "did",        "does",
    "doing",     "can",      "will",    "would",     "could",    "should",   "may",        "might",
    "must",      "he",       "she",     "we",        "they",     "you",      "me",         "us",
    "them",      "him",      "her",     "his",       "its",      "our",      "your",       "their",
    "my",        "this",     "that",    "these",     "those",    "such",     "same",       "other",
    "another",   "both",     "any",     "every",     "each",     "some",     "many",       "few",
    "more",      "most",     "much",    "less",      "least",    "only",     "own",        "very",
    "too",       "also",     "just",    "even",      "still",    "yet",      "again",      "once",
    "ever",      "never",    "always",  "often",     "soon",     "already",  "almost",     "enough",
    "quite",     "well",     "what",    "which",     "who",      "where",    "when",       "why",
    "how",       "if",       "or",      "but",       "so",       "then",     "there",      "here",
    "now",       "than",     "as",      "by",        "for",      "from",     "with",       "on",
    "at",        "into",     "onto",    "over",      "under",    "up",       "down",       "out",
    "off",       "about",    "above",   "below",     "across",   "around",   "against",    "near",
    "behind",    "beside",   "through", "until",     "since",    "during",   "while",      "because",
    "though",    "unless",   "like",    "within",    "without",  "away",     "back",       "together",
    "after",     "before",   "between", "something", "anything", "everyone", "everything", "nothing",
    "four",      "five",     "six",     "seven",     "eight",    "nine",     "ten",        "second",
    "third",     "half",     "hundred", "thousand",  "number",   "numbers",  "word",       "words",
    "letter",    "letters",  "name",    "names",     "list",     "line",     "time",       "times",
    "day",       "days",     "week",    "month",     "year",     "years",    "hour",       "hours",
    "minute",    "morning",  "night",   "today",     "man",      "men",      "woman",      "women",
    "child",     "children", "people",  "person",    "friend",   "way",      "place",      "home",
    "house",     "room",     "world",   "side",      "end",      "part",     "top",        "middle",
    "order",     "form",     "thing",   "things",    "work",     "question", "answer",     "idea",
    "example",   "fact",     "point",   "group",     "text",     "sentence", "page",       "story",
    "hand",      "water",    "food",    "school",    "get",      "got",      "go",         "goes",
    "going",     "went",     "come",    "came",      "see",      "saw",      "seen",       "know",
    "knew",      "known",    "think",   "thought",   "want",     "wanted",   "need",       "ask",
    "asked",     "say",      "said",    "says",      "tell",     "told",     "call",       "called",
    "try",       "keep",     "kept",    "begin",     "start",    "stop",     "move",       "live",
    "lived",     "find",     "write",   "make",      "take",     "give",     "show",       "let",
    "look",      "put",      "use",     "used",      "using",    "help",     "play",       "run",
    "walk",      "stand",    "leave",   "feel",      "felt",     "become",   "mean",       "means",
    "follow",    "learn",    "speak",   "read",      "change",   "turn",     "add",        "open",
    "close",     "choose",   "given",   "gave",      "made",     "took",     "found",      "written",
    "good",      "better",   "best",    "bad",       "worse",    "big",      "small",      "large",
    "long",      "short",    "great",   "little",    "old",      "new",      "young",      "high",
    "low",       "early",    "late",    "next",      "whole",    "full",     "different",  "wrong",
    "sure",      "easy",     "hard",    "simple",    "clear",    "free",     "real",       "able",
    "important", "possible", "please",  "city",      "country",  "family"};

// <|mark|> and <|pad|> are reserved: for pre-training in a notation of marks, and for rows of equal length.
inline const std::string kPracticeSpecialTokens[] = {"<|ask|>", "<|answer|>", "<|end|>", "<|mark|>",
                                                     "<|pad|>"};

}  // namespace retort

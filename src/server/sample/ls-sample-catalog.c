/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample"

#include "config.h"

#include "server/sample/ls-sample-market.h"

#include <string.h>

#include "core/ls-calendar.h"

/* What the sample shops sell: beats by licence, sample packs, things in parcels, work. */

typedef struct {
  const char *name;
  int tempo[2]; /* beats a minute */
  const char *mood;
} Genre;

static const Genre genres[2][8] = {
  {
    { "Trap", { 132, 152 }, "dark and spacious" },
    { "Drill", { 138, 146 }, "tense, with gliding bass" },
    { "Boom Bap", { 84, 96 }, "dusty and head-nodding" },
    { "Lo-fi", { 68, 86 }, "soft at the edges" },
    { "Techno", { 128, 140 }, "relentless" },
    { "House", { 118, 126 }, "warm, made for small rooms" },
    { "Afro", { 98, 112 }, "bright and percussive" },
    { "Synthwave", { 88, 116 }, "neon and wide" },
  },
  {
    { "West Coast", { 88, 100 }, "sun-bleached and unhurried" },
    { "R&B", { 72, 96 }, "silky, with room for harmonies" },
    { "Chillwave", { 80, 104 }, "hazy" },
    { "Surf Rock", { 110, 150 }, "twangy, drenched in spring reverb" },
    { "Boom Bap", { 84, 94 }, "crunchy" },
    { "Reggaeton", { 88, 98 }, "made for the hips" },
    { "Ambient", { 60, 80 }, "slow as fog" },
    { "Trap", { 130, 150 }, "heavy and sparse" },
  },
};

static const char *const first_words[2] = {
  "Neon|Beton|Velvet|Silver|Hollow|Cobalt|Static|Amber|Slow|Electric|Winter|Golden|Paper|Midnight|"
  "Quiet|Rusted|Violet|Heavy|Distant|Second",
  "Tidal|Salt|Driftwood|Kelp|Foghorn|Sunburnt|Lagoon|Undertow|Moonlit|Breakwater|Coral|Pelican|"
  "Sandbar|Washed-Out|Lighthouse|Saltwater|Barefoot|Offshore|Seaglass|Low",
};

static const char *const second_words[2] = {
  "Tram|Mirror|Lantern|Choir|Balcony|Signal|Cinema|Stairwell|Garden|Elevator|Motel|Diary|Thunder|"
  "Harbour|Satellite|Platform|Kiosk|Ceiling|Curfew|Parade",
  "Drive|Postcard|Radio|Window|Parade|Hotel|Ghost|Swing|Arcade|Telegram|Cassette|Weekend|"
  "Boulevard|Compass|Lullaby|Pier|Motel|Carousel|Signal|Getaway",
};

static const char single_words[] =
    "Nachtbus|Kellerlicht|Spätverkehr|Glasdach|Hinterhof|Blaulicht|Schichtende|Milchglas|"
      "Funkstille|"
    "Laternen|Frostschutz|Kaltstart|Rückspiegel|Zwischenstock|Leerlauf|Sommerloch|Kabelsalat|"
    "Bordstein|Fernlicht|Wellblech|Tiefgarage|Dachgarten|Nebelhorn|Schattenspiel|Endstation|"
    "Flutlicht|Windschatten|Pfandflasche|Altbau|Zugluft|Mondschein|Quecksilber|Übergang|Störsender|"
    "Brandmauer|Fahrstuhl|Nachglühen|Handschuhfach|Taubenschlag|Spiegelsaal";

static const char *const leads[] = {
  "a detuned pluck", "a felt piano", "a chopped choir", "a worn tape loop", "an FM bell",
  "a bowed guitar", "a talk-box lead", "a thin string line", "a Rhodes that breathes",
  "a reversed harp", "a square-wave hook", "a muted trumpet",
};

static const char *const drums[] = {
  "sliding 808s", "a kick that sits in the chest", "swung hats", "brushed snares",
    "dry, close drums",
  "a broken rim shot", "congas and a shaker", "claps from an empty hall",
    "a four-to-the-floor kick",
  "drums off an old sampler",
};

static const char *const uses[] = {
  "The hook leaves room for a voice.", "Eight bars of intro, two verses, two hooks, an outro.",
  "Arranged for a whole song; the bridge drops to almost nothing.",
  "Works as it is for a short film.", "Comes untagged after purchase.",
  "Mixed with headroom, so that a vocal fits without a fight.",
};

static const char *const keys[] = {
  "A minor", "C minor", "D minor", "E minor", "F minor", "F# minor", "G minor", "B♭ minor",
  "C major", "E♭ major", "G major",
};

/* What a beat is let for. */
static const struct {
  const char *name;
  const char *code;
  int price[2];
} tiers[] = {
  { "MP3 lease", "MP3", { 2495, 2495 } },
  { "WAV lease", "WAV", { 3995, 3995 } },
  { "Stems", "STEMS", { 8900, 9900 } },
  { "Unlimited", "UNL", { 17900, 19900 } },
  { "Exclusive rights", "EXC", { 59900, 64900 } },
};

static const struct {
  const char *name;
  const char *holds;
  int price;
  int files[2];
} packs[] = {
  { "Drum Kit", "kicks, snares, hats and percussion, each hit on its own", 2490, { 120, 420 } },
  { "Loop Pack", "melody loops, with the tempo and key in each file’s name", 2990, { 60, 180 } },
  { "One-Shots", "single notes and chords, ready for a sampler", 1990, { 150, 500 } },
  { "Vocal Chops", "phrases, breaths and chops by four singers", 3490, { 90, 260 } },
  { "MIDI Pack", "chord progressions and melodies as MIDI, to be played by anything", 1490, { 40,
    120 } },
  { "Foley", "doors, rain, trams, keys and footsteps, recorded on the street", 1990, { 100, 300 } },
  { "808 Collection", "tuned sub basses from clean to broken", 1990, { 40, 110 } },
  { "Texture Library", "drones, noise beds and granular clouds", 2790, { 60, 140 } },
  { "Construction Kit", "six finished songs in their parts, for learning and stealing", 3990, { 80,
    220 } },
  { "Guitar Loops", "electric and nylon guitars, dry and through the amp", 2990, { 70, 160 } },
  { "Keys & Chords", "electric pianos and organs, played by hand", 2690, { 60, 150 } },
  { "FX Toolkit", "risers, impacts, sweeps and stops", 1790, { 90, 240 } },
};

typedef struct {
  const char *name;
  const char *category;
  int price;
  const char *sizes; /* or NULL: no variants */
  int stock;         /* of each */
  const char *description;
} Ware;

static const Ware wares[2][14] = {
  {
    { "Nachtwerk T-Shirt, black", "Clothing", 2800, "S|M|L|XL|XXL", 24,
      "Heavy organic cotton, printed by hand two streets away. The logo is small and on the "
      "chest." },
    { "Nachtwerk T-Shirt, washed violet", "Clothing", 2900, "S|M|L|XL", 14,
      "Garment-dyed, so that no two are alike." },
    { "Schichtende Hoodie", "Clothing", 6400, "S|M|L|XL", 9,
      "Brushed inside, with a pocket that holds a field recorder." },
    { "Hinterhof Beanie", "Clothing", 2200, NULL, 31,
      "Ribbed wool from an old machine. One size." },
    { "Spätschicht EP, 12-inch vinyl", "Records", 1900, NULL, 46,
      "Four instrumentals, 140 g, printed inner sleeve. 300 copies." },
    { "Keller Tapes 03, cassette", "Records", 1100, NULL, 58,
      "Forty minutes of beats as they came off the desk, with download code." },
    { "Keller Tapes 04, cassette", "Records", 1100, NULL, 7,
      "The fourth round of the basement sessions. Home-dubbed, numbered." },
    { "Slipmats, pair", "Studio", 1800, NULL, 22,
      "Felt, 3 mm, with the night bus map of a city that does not exist." },
    { "Canvas record bag", "Studio", 3400, NULL, 12,
      "Holds forty twelve-inches and a cable nobody can find." },
    { "Sticker sheet", "Small things", 400, NULL, 210, "Nine stickers, weatherproof." },
    { "Enamel pin, moon over antenna", "Small things", 700, NULL, 64,
      "Soft enamel, 24 mm, two clutches." },
    { "Poster, Gleisbogen at night, A2", "Small things", 1500, NULL, 4,
      "Risograph in two colours on 170 g paper. Sent in a tube." },
    { "USB stick with the whole 2025 library", "Studio", 14900, NULL, 16,
      "64 GB, machined case, with all packs of the year on it." },
    { "Studio mug", "Small things", 1200, NULL, 0,
      "Stoneware. Survives the dishwasher and the mixdown." },
  },
  {
    { "Low Tide Pocket Tee, sand", "Clothing", 2900, "S|M|L|XL|2XL", 20,
      "Ring-spun cotton with a pocket just right for a tuner." },
    { "Low Tide Pocket Tee, deep teal", "Clothing", 2900, "S|M|L|XL", 15,
      "The one from the pier session, back in stock by request." },
    { "Harbor Crewneck", "Clothing", 5800, "S|M|L|XL", 8,
      "Midweight fleece, embroidered on the cuff." },
    { "Five-panel cap", "Clothing", 3200, NULL, 27, "Quick-dry nylon, rope across the brim." },
    { "Undertow LP, sea-green vinyl", "Records", 2800, NULL, 38,
      "Eleven instrumentals, cut at half speed, pressed on recycled vinyl." },
    { "Pier Sessions, 7-inch", "Records", 1200, NULL, 19,
      "Two songs recorded on the boardwalk at six in the morning. You can hear the gulls." },
    { "Foghorn Loops, cassette", "Records", 1100, NULL, 5,
      "Endless loops for long drives. Chrome tape." },
    { "Waxed canvas cable roll", "Studio", 4500, NULL, 11,
      "Six pockets, leather tie, smells like a boat." },
    { "Guitar strap, rope weave", "Studio", 3900, NULL, 17,
      "Climbing rope and brass. Holds more than you can play." },
    { "Pick tin", "Small things", 900, NULL, 120,
      "Twelve picks in three gauges, in a tin that floats." },
    { "Patch set", "Small things", 800, NULL, 75, "Three iron-on patches: wave, buoy, pelican." },
    { "Tide chart poster, 18 × 24", "Small things", 2000, NULL, 3,
      "A year of tides, screen-printed in two blues." },
    { "Field drive, 128 GB", "Studio", 17900, NULL, 13,
      "Every pack in the store on a drive that takes a dive." },
    { "Enamel camp mug", "Small things", 1400, NULL, 33,
      "For the coffee before the sunrise take." },
  },
};

static const struct {
  const char *name;
  int price;
  const char *description;
} works[] = {
  { "Mixing, one song", 28000, "Up to 60 tracks, two rounds of changes, delivered in ten days." },
  { "Mastering, one song", 7500, "For streaming and for vinyl, each with its own file." },
  { "Mastering, EP of up to six", 36000, "As one piece, with the gaps where you want them." },
  { "Custom beat", 42000,
    "From a reference and a talk of half an hour to a finished instrumental, yours alone." },
  { "Vocal tuning and timing", 9500, "By hand, line by line, so that nobody notices." },
  { "Stem mastering", 14000, "From up to eight stems, when the mix is nearly there." },
};

static const struct {
  const char *name;
  int price;
  const char *description;
} papers[] = {
  { "Sync licence upgrade, web and social", 12000,
    "Adds moving pictures on the web to a lease you hold." },
  { "Sync licence upgrade, broadcast", 49000,
    "Adds television and radio in one country, for two years." },
  { "Performance add-on", 5900, "Paid shows without a limit, for any lease." },
};

static char *
slug (const char *text)
{
  g_autofree char *ascii = g_str_to_ascii (text, "C");
  GString *slug = g_string_new (NULL);

  for (const char *at = ascii; *at != '\0'; at++)
    {
      if (g_ascii_isalnum (*at))
        g_string_append_c (slug, g_ascii_toupper (*at));
      else if (slug->len > 0 && slug->str[slug->len - 1] != '-')
        g_string_append_c (slug, '-');
    }
  if (slug->len > 0 && slug->str[slug->len - 1] == '-')
    g_string_truncate (slug, slug->len - 1);
  return g_string_free (slug, FALSE);
}

static const char *
pick (LsSampleRandom     *random,
      const char *const  *texts,
      size_t              n_texts)
{
  return texts[ls_sample_random_below (random, (unsigned) n_texts)];
}

/* A category under a path, with those above it. */
static void
add_category (GPtrArray  *records,
              const char *parent,
              const char *name,
              int         position)
{
  g_autofree char *parent_slug = parent != NULL ? slug (parent) : NULL;
  g_autofree char *own = slug (name);
  g_autofree char *parent_key =
      parent != NULL ? g_strconcat ("cat-", parent_slug, NULL) : NULL;
  g_autofree char *key =
      g_strconcat ("cat-", parent != NULL ? parent_slug : own, parent != NULL ? "-" : "",
                   parent != NULL ? own : "", NULL);
  LsRecord *row = ls_sample_row (records, LS_CATEGORIES, key);

  ls_sample_set_text (row, "name", name);
  ls_sample_set_text (row, "parent", parent_key);
  ls_sample_set_number (row, "position", position);
}

static void
add_categories (LsSampleMarket *market,
                GPtrArray      *records)
{
  static const char *const parcels[] = { "Clothing", "Records", "Studio", "Small things" };
  const Genre *own = genres[market->profile->index];

  add_category (records, NULL, "Beats", 0);
  for (int i = 0; i < (int) G_N_ELEMENTS (genres[0]); i++)
    add_category (records, "Beats", own[i].name, i);
  add_category (records, NULL, "Sample packs", 1);
  for (int i = 0; i < (int) G_N_ELEMENTS (packs); i++)
    add_category (records, "Sample packs", packs[i].name, i);
  add_category (records, NULL, "Merchandise", 2);
  for (int i = 0; i < (int) G_N_ELEMENTS (parcels); i++)
    add_category (records, "Merchandise", parcels[i], i);
  add_category (records, NULL, "Services", 3);
  add_category (records, NULL, "Licences", 4);
}

/* A product that came up at some time in the last two years, rarely in the last weeks. */
static LsSampleProduct *
add_product (LsSampleMarket *market,
             const char     *prefix,
             const char     *name,
             const char     *kind,
             int64_t         price,
             int64_t         now)
{
  g_autofree char *key = g_strdup_printf ("%s-%03u", prefix, market->products->len + 1);
  g_autofree char *code = slug (name);
  LsRecord *row = ls_sample_row (NULL, LS_PRODUCTS, key);
  int64_t today = ls_calendar_day (now, market->zone);
  int64_t days = ls_sample_random_chance (&market->random, 12)
                     ? ls_sample_random_between (&market->random, 2, 80)
                     : ls_sample_random_between (&market->random, 95, 720);
  LsSampleProduct *product;

  ls_sample_set_text (row, "name", name);
  ls_sample_take_text (row, "sku", g_strndup (code, 60));
  ls_sample_set_text (row, "status", "active");
  ls_sample_set_text (row, "kind", kind);
  ls_sample_set_number (row, "price", price);
  ls_sample_set_number (row, "created_at",
                        ls_sample_market_time_of (market, today - days, ls_sample_hours ()));
  product = ls_sample_market_take (market, row);
  ls_record_unref (row);
  return product;
}

static LsRecord *
add_variant (LsSampleProduct *product,
             const char      *name,
             const char      *code,
             int64_t          price)
{
  g_autofree char *key =
      g_strdup_printf ("%s-%s", ls_record_get_key (product->record), code);
  LsRecord *row = ls_sample_row (NULL, LS_VARIANTS, key);

  ls_sample_set_text (row, "product", ls_record_get_key (product->record));
  ls_sample_set_text (row, "name", name);
  ls_sample_take_text (
      row, "sku", g_strdup_printf ("%s-%s", ls_sample_get_text (product->record, "sku"), code));
  ls_sample_set_number (row, "price", price);
  ls_sample_set_number (row, "position", product->variants->len);
  g_ptr_array_add (product->variants, row);
  return row;
}

static void
add_beat (LsSampleMarket *market,
          const char     *name,
          int64_t         now)
{
  LsSampleRandom *random = &market->random;
  unsigned shop = market->profile->index;
  const Genre *genre = &genres[shop][ls_sample_random_below (random, G_N_ELEMENTS (genres[0]))];
  LsSampleProduct *product;
  const char *key = pick (random, keys, G_N_ELEMENTS (keys));
  int bpm;

  bpm = (int) ls_sample_random_between (random, genre->tempo[0], genre->tempo[1]);
  product = add_product (market, "beat", name, "beat", tiers[0].price[shop], now);
  ls_sample_take_text (product->record, "category", g_strconcat ("Beats > ", genre->name, NULL));
  ls_sample_take_text (product->record, "tags",
                       g_strdup_printf ("%s, %d bpm, %s", genre->name, bpm, key));
  ls_sample_take_text (
      product->record, "description",
      g_strdup_printf ("%d bpm in %s, %s: %s over %s. %s", bpm, key, genre->mood,
                       pick (random, leads, G_N_ELEMENTS (leads)),
                       pick (random, drums, G_N_ELEMENTS (drums)),
                       pick (random, uses, G_N_ELEMENTS (uses))));
  ls_sample_set_number (product->record, "downloadable", 1);
  for (size_t i = 0; i < G_N_ELEMENTS (tiers); i++)
    {
      LsRecord *variant =
          add_variant (product, tiers[i].name, tiers[i].code, tiers[i].price[shop]);

      if (g_str_equal (tiers[i].code, "EXC"))
        ls_sample_set_number (variant, "stock", 1);
    }
}

static void
add_pack (LsSampleMarket *market,
          const char     *name,
          int64_t         now)
{
  LsSampleRandom *random = &market->random;
  size_t kind = ls_sample_random_below (random, G_N_ELEMENTS (packs));
  int files = (int) ls_sample_random_between (random, packs[kind].files[0], packs[kind].files[1]);
  int64_t price = packs[kind].price + 100 * ls_sample_random_between (random, -2, 5);
  g_autofree char *title = g_strconcat (name, " – ", packs[kind].name, NULL);
  LsSampleProduct *product = add_product (market, "pack", title, "pack", price, now);

  ls_sample_take_text (product->record, "category",
                       g_strconcat ("Sample packs > ", packs[kind].name, NULL));
  ls_sample_set_text (product->record, "tags", packs[kind].name);
  ls_sample_take_text (product->record, "description",
                       g_strdup_printf ("%d files: %s. 24-bit WAV, royalty-free, %d.%d GB.", files,
                                        packs[kind].holds, files / 150,
                                        (int) ls_sample_random_between (random, 1, 9)));
  ls_sample_set_number (product->record, "downloadable", 1);
  if (ls_sample_random_chance (random, 12))
    ls_sample_set_number (product->record, "sale_price", price * 7 / 10 / 10 * 10);
}

/* The stock of a product is that of its variants together. */
static void
add_ware (LsSampleMarket *market,
          const Ware     *ware,
          int64_t         now)
{
  LsSampleProduct *product =
      add_product (market, "item", ware->name, "physical", ware->price, now);
  g_auto (GStrv) sizes = ware->sizes != NULL ? g_strsplit (ware->sizes, "|", -1) : NULL;
  int64_t total = ware->stock;

  if (sizes != NULL)
    total = 0;
  for (size_t i = 0; sizes != NULL && sizes[i] != NULL; i++)
    {
      LsRecord *variant = add_variant (product, sizes[i], sizes[i], ware->price);
      int64_t stock = ls_sample_random_between (&market->random, 0, ware->stock);

      ls_sample_set_number (variant, "stock", stock);
      total += stock;
    }
  ls_sample_take_text (product->record, "category",
                       g_strconcat ("Merchandise > ", ware->category, NULL));
  ls_sample_set_text (product->record, "description", ware->description);
  ls_sample_set_number (product->record, "stock", total);
  ls_sample_set_number (product->record, "low_stock_at", sizes != NULL ? 12 : 6);
  ls_sample_set_number (product->record, "downloadable", 0);
}

static void
add_rest (LsSampleMarket *market,
          int64_t         now)
{
  for (size_t i = 0; i < G_N_ELEMENTS (wares[0]); i++)
    add_ware (market, &wares[market->profile->index][i], now);
  for (size_t i = 0; i < G_N_ELEMENTS (works); i++)
    {
      LsSampleProduct *product =
          add_product (market, "work", works[i].name, "service", works[i].price, now);

      ls_sample_set_text (product->record, "category", "Services");
      ls_sample_set_text (product->record, "description", works[i].description);
      product->weight = MAX (product->weight / 6, 2);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (papers); i++)
    {
      LsSampleProduct *product =
          add_product (market, "paper", papers[i].name, "licence", papers[i].price, now);

      ls_sample_set_text (product->record, "category", "Licences");
      ls_sample_set_text (product->record, "description", papers[i].description);
      product->weight = MAX (product->weight / 8, 2);
    }
}

/* Names that are each used once: two words, and in the German shop some single ones. */
static GPtrArray *
make_names (LsSampleMarket *market)
{
  unsigned shop = market->profile->index;
  g_auto (GStrv) first = g_strsplit (first_words[shop], "|", -1);
  g_auto (GStrv) second = g_strsplit (second_words[shop], "|", -1);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (size_t i = 0; first[i] != NULL; i++)
    for (size_t j = 0; second[j] != NULL; j++)
      g_ptr_array_add (names, g_strconcat (first[i], " ", second[j], NULL));
  if (shop == 0)
    {
      g_auto (GStrv) single = g_strsplit (single_words, "|", -1);

      for (size_t i = 0; single[i] != NULL; i++)
        g_ptr_array_add (names, g_strdup (single[i]));
    }
  for (unsigned i = names->len - 1; i > 0; i--)
    {
      unsigned j = ls_sample_random_below (&market->random, i + 1);
      gpointer name = names->pdata[i];

      names->pdata[i] = names->pdata[j];
      names->pdata[j] = name;
    }
  return names;
}

/* A few are not on sale yet, or any more. */
static void
retire_some (LsSampleMarket *market)
{
  for (unsigned i = 0; i < market->products->len; i++)
    {
      LsSampleProduct *product = g_ptr_array_index (market->products, i);

      if (ls_sample_random_chance (&market->random, 4))
        ls_sample_set_text (product->record, "status", "archived");
      else if (ls_sample_random_chance (&market->random, 3))
        ls_sample_set_text (product->record, "status", "draft");
    }
}

/**
 * ls_sample_make_catalog:
 * @market: an empty market
 * @now: the end of its history
 * @records: (element-type LsRecord): gets the categories; products stay in the market, since they
 *   change while things are sold
 *
 * Makes what there is to buy.
 */
void
ls_sample_make_catalog (LsSampleMarket *market,
                        int64_t         now,
                        GPtrArray      *records)
{
  static const unsigned n_beats[] = { 96, 64 };
  static const unsigned n_packs[] = { 44, 72 };
  unsigned shop = market->profile->index;
  g_autoptr (GPtrArray) names = make_names (market);
  unsigned next = 0;

  add_categories (market, records);
  while (next < n_beats[shop])
    add_beat (market, g_ptr_array_index (names, next++), now);
  while (next < n_beats[shop] + n_packs[shop])
    add_pack (market, g_ptr_array_index (names, next++), now);
  add_rest (market, now);
  retire_some (market);
}

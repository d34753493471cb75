/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample"

#include "config.h"

#include "server/sample/ls-sample-people.h"

#include <string.h>

/* Nobody's addresses: hosts under a name that can't be registered (RFC 2606), telephone numbers
 * that are kept free for films and books. */
static const char mail_hosts[] =
    "mailhaus.example|postfach.example|inbox.example|courrier.example|correo.example|mejl.example|"
    "letterbox.example|studio-mail.example|fastpost.example";
static const char handles[] =
    "tapehiss|nightowl|lowpass|kickdrum|dustygroove|sidechain|wavetable|halftime|patchbay|offbeat|"
    "vinylcrate|subharmonic|hihat|looper|bassbin|reverbtail|faderup|detuned|sixteenths|undertone";

static const LsSampleCountry countries[] = {
  { "DE", "de",
    "Anna|Jonas|Lena|Felix|Miriam|Tobias|Hannah|Lukas|Jürgen|Käthe|Emre|Aylin|Sören|Birgit|Malte|"
    "Zeynep|Jörg|Friederike|Paul|Nele|Matthias|Svenja|Cem|Greta",
    "Müller|Schröder|Weiß|Köhler|Brandt|Yılmaz|Hoffmann|Jäger|Lehmann|Groß|Vogel|Krämer|Busch|"
    "Demir|Pohl|Günther|Nowak|Kirchner|Albrecht|Seidel|Thiele|Böhm",
    "10245 Berlin|20359 Hamburg|80339 München|50823 Köln|04229 Leipzig|70176 Stuttgart|"
    "60311 Frankfurt am Main|90429 Nürnberg|28203 Bremen|01099 Dresden",
    "Lindenstraße #|Am Güterbahnhof #|Rosenweg #|Kastanienallee #|Bahnhofstraße #|Mühlgasse #",
    "+49 30 23125 ###", 190, { 32, 5 } },
  { "AT", "de", "Lisa|Maximilian|Johanna|Florian|Theresa|Stefan|Magdalena|David|Katharina|Jakob",
    "Gruber|Huber|Steiner|Moser|Hofer|Pichler|Berger|Eder|Fuchs|Schwarz",
    "1070 Wien|8020 Graz|5020 Salzburg|6020 Innsbruck|4020 Linz",
    "Neubaugasse #|Ringweg #|Hauptplatz #",
    NULL, 200, { 7, 1 } },
  { "CH", "de", "Noah|Mia|Luca|Elena|Reto|Beat|Sandrine|Urs|Chiara|Yannick",
    "Meier|Keller|Brunner|Zürcher|Baumann|Favre|Rochat|Bernasconi|Ammann|Frei",
    "8004 Zürich|3011 Bern|4053 Basel|1003 Lausanne|6900 Lugano",
    "Langstrasse #|Dorfstrasse #|Seeweg #",
    NULL, 0, { 5, 1 } },
  { "FR", "fr",
    "Amélie|Théo|Chloé|Hugo|Inès|Léo|Zoé|Maël|Aïcha|Baptiste|Noémie|Karim|Élodie|Rémi|Fatou|"
    "Clément",
    "Fournier|Lefèvre|Moreau|Dubois|Benali|Rousseau|Girard|Diallo|Mercier|Blanchard|Noël|Béranger",
    "75011 Paris|69007 Lyon|13006 Marseille|31000 Toulouse|44000 Nantes|67000 Strasbourg|33800 "
    "Bordeaux",
    "# rue des Lilas|# avenue de la Gare|# rue du Moulin|# impasse des Tanneurs",
    "+33 1 99 00 ## ##",
    200, { 12, 4 } },
  { "GB", "en",
    "Oliver|Amelia|Priya|Jack|Niamh|Callum|Zainab|Harriet|Kwame|Isla|Rhys|Megan|Tariq|Beth|"
    "Alistair",
    "Whitcombe|Okafor|Hughes|Patel|Fairclough|MacLeod|Begum|Ashdown|Pritchard|Osei|Lockwood|Mistry",
    "London E8 3PN|Manchester M4 1HQ|Bristol BS2 0QF|Glasgow G2 4SQ|Leeds LS6 2AE|Cardiff CF11 9HA",
    "# Mill Lane|# Station Road|# Harbour Street|# Elm Grove", "+44 20 7946 0###", 0, { 9, 11 } },
  { "IE", "en", "Aoife|Cillian|Saoirse|Oisín|Róisín|Fionn|Caoimhe|Declan",
    "Ó Briain|Byrne|Kavanagh|Ní Dhomhnaill|Gallagher|Doyle|Nolan",
    "Dublin D07 X3F2|Cork T12 R5CP|Galway H91 E2K3",
    "# Quay Street|# Abbey Road|# Chapel Lane", NULL, 230, { 2, 2 } },
  { "NL", "nl", "Daan|Fleur|Sem|Noor|Bram|Sanne|Youssef|Lotte|Ruben|Femke",
    "de Vries|van den Berg|Bakker|Jansen|El Amrani|Visser|Mulder|Dijkstra|Bos",
    "1016 Amsterdam|3012 Rotterdam|3511 Utrecht|9711 Groningen",
    "Keizerstraat #|Molenweg #|Havenkade #",
    NULL, 210, { 6, 2 } },
  { "BE", "nl", "Emma|Lars|Céline|Thibault|Jolien|Wout|Maïté|Bram",
    "Peeters|Maes|Dupont|Claes|Lambert|Wouters|Janssens",
    "1000 Bruxelles|2000 Antwerpen|9000 Gent|4000 Liège",
    "Kerkstraat #|Stationsplein #|Rue du Marché #", NULL, 210, { 4, 1 } },
  { "ES", "es", "Lucía|Álvaro|Martina|Íñigo|Carmen|Adrián|Nerea|Joaquín|Noelia|Rubén",
    "García Peña|Muñoz|Ibáñez|Núñez Ortega|Echeverría|Castaño|Roldán|Marín|Vázquez",
    "08003 Barcelona|28012 Madrid|46005 Valencia|41002 Sevilla|48004 Bilbao",
    "Calle del Olmo #|Avenida del Puerto #|Plaza Mayor #", NULL, 210, { 6, 4 } },
  { "PT", "pt", "Inês|João|Beatriz|Tomás|Leonor|Gonçalo|Margarida|Duarte",
    "Gonçalves|Ferreira|Simões|Magalhães|Conceição|Teixeira|Falcão",
    "1200-109 Lisboa|4050-123 Porto|3000-150 Coimbra",
    "Rua das Flores #|Travessa do Sol #|Avenida da Liberdade #", NULL, 230, { 3, 2 } },
  { "IT", "it", "Giulia|Matteo|Chiara|Niccolò|Francesca|Lorenzo|Beatrice|Tommaso|Elisa|Andrea",
    "Rinaldi|Esposito|Colombo|De Santis|Marchetti|Bellini|D’Angelo|Ferrara|Greco",
    "20144 Milano|00153 Roma|10125 Torino|40126 Bologna|80134 Napoli",
    "Via Garibaldi #|Via dei Mille #|Corso Italia #",
    NULL, 220, { 5, 3 } },
  { "PL", "pl", "Zofia|Jakub|Małgorzata|Łukasz|Agnieszka|Paweł|Świętosława|Michał|Kinga",
    "Wójcik|Kowalczyk|Zieliński|Dąbrowska|Szymański|Woźniak|Jabłońska|Król",
    "00-545 Warszawa|31-042 Kraków|50-079 Wrocław|80-835 Gdańsk",
    "ul. Kwiatowa #|ul. Słoneczna #|ul. Długa #", NULL, 230, { 6, 1 } },
  { "CZ", "cs", "Tereza|Ondřej|Kateřina|Jiří|Eliška|Matěj|Zdeněk",
    "Novotná|Dvořák|Procházková|Kučera|Němec|Růžičková",
    "110 00 Praha|602 00 Brno|702 00 Ostrava", "Dlouhá #|Nádražní #|Zahradní #", NULL, 210, { 3,
    0 } },
  { "SE", "sv", "Elsa|Åke|Freja|Björn|Linnéa|Göran|Saga|Viktor|Amir",
    "Lindqvist|Öberg|Sjöström|Nyström|Åkesson|Haddad|Bergström",
    "118 26 Stockholm|413 01 Göteborg|211 22 Malmö", "Storgatan #|Kungsgatan #|Björkvägen #",
    "+46 8 465 004 ##", 250, { 4, 2 } },
  { "NO", "nb", "Ingrid|Håkon|Sølvi|Bjørn|Astrid|Øyvind|Marte",
    "Haugen|Sørlie|Bakke|Ødegård|Nilsen|Lie|Tveit",
    "0554 Oslo|5003 Bergen|7011 Trondheim", "Storgata #|Fjellveien #|Kirkegata #", NULL, 0, { 2,
    1 } },
  { "DK", "da", "Søren|Freja|Jeppe|Mille|Asger|Kirstine|Rasmus",
    "Østergaard|Kjær|Nørgaard|Holm|Bæk|Winther",
    "2200 København N|8000 Aarhus C|5000 Odense", "Nørregade #|Skovvej #|Havnegade #", NULL, 250,
    { 3, 1 } },
  { "FI", "fi", "Aino|Väinö|Eevi|Onni|Päivi|Jere|Tuuli",
    "Hämäläinen|Virtanen|Mäkelä|Korhonen|Järvinen|Laitinen",
    "00530 Helsinki|33100 Tampere|20100 Turku", "Kauppakatu #|Rantatie #|Koivukuja #", NULL, 255,
    { 2, 1 } },
  { "GR", "el", "Ελένη|Γιώργος|Αικατερίνη|Νίκος|Δήμητρα|Κωνσταντίνος",
    "Παπαδοπούλου|Οικονόμου|Νικολαΐδης|Αλεξίου|Γεωργίου",
    "117 42 Αθήνα|546 24 Θεσσαλονίκη|262 21 Πάτρα", "Ερμού #|Αγίου Νικολάου #|Εγνατία #", NULL,
    240, { 2, 1 } },
  { "TR", "tr", "Elif|Çağatay|Gülşen|Barış|İrem|Kerem|Şule|Onur",
    "Kaya|Şahin|Öztürk|Çelik|Güneş|Işık|Aydın",
    "34425 İstanbul|35220 İzmir|06420 Ankara", "Çınar Sokak #|Bahçe Caddesi #|İskele Yolu #", NULL,
    0, { 4, 1 } },
  { "UA", "uk", "Олена|Тарас|Соломія|Андрій|Ірина|Богдан",
    "Шевченко|Бондаренко|Кравчук|Ткаченко|Мельник",
    "01030 Київ|79008 Львів|65026 Одеса", "вул. Садова #|вул. Зелена #|пров. Тихий #", NULL, 0,
    { 2, 1 } },
  { "US", "en",
    "Marcus|Ashley|DeShawn|Emily|Tyler|Jasmine|Diego|Hannah|Malik|Brianna|Kenji|Sofía|Caleb|Imani|"
    "Wyatt|Tiana|Andre|Kayla|Mateo|Grace",
    "Whitfield|Ramirez|Johnson|Nguyen|O’Connell|Washington|Castillo|Kim|Brooks|Delgado|Hargrove|"
    "Peterson|Yazzie|Freeman|Santiago|Lindgren|Coleman|Abernathy",
    "Long Beach, CA 90802|Portland, OR 97214|Austin, TX 78702|Brooklyn, NY 11211|Atlanta, GA 30312|"
    "Chicago, IL 60647|Detroit, MI 48226|New Orleans, LA 70117|Seattle, WA 98122|Oakland, CA 94609|"
    "Nashville, TN 37206|Philadelphia, PA 19125",
    "# Magnolia Avenue|# Cedar Street|# Harbor View Drive|# 3rd Street|# Sycamore Lane",
    "+1 310 555 01##",
    0, { 10, 52 } },
  { "CA", "en", "Liam|Maëlle|Ethan|Océane|Harpreet|Charlotte|Xavier|Simone|Dakota",
    "Tremblay|Singh|Campbell|Bouchard|MacKenzie|Grewal|Gagné|Fraser",
    "Toronto, ON M6J 1G8|Montréal, QC H2T 2N9|Vancouver, BC V5T 3J7|Halifax, NS B3J 1P3",
    "# Maple Crescent|# rue Saint-Denis|# King Street", "+1 604 555 01##", 0, { 3, 9 } },
  { "MX", "es", "Ximena|José Luis|Regina|Emiliano|Guadalupe|Ángel|Itzel",
    "Hernández|López Ríos|Cervantes|Nájera|Xochihua|Peña",
    "06700 Ciudad de México|44160 Guadalajara|64000 Monterrey",
    "Calle Jacarandas #|Avenida Reforma #|Privada del Sol #", NULL, 0, { 1, 7 } },
  { "BR", "pt", "Ana Júlia|Thiago|Conceição|João Vitor|Luiza|Caíque|Yasmin|Raíssa",
    "da Silva|Araújo|Gonçalves|Assunção|Nascimento|Brandão",
    "01310-100 São Paulo|22041-001 Rio de Janeiro|40140-110 Salvador|30130-010 Belo Horizonte",
    "Rua das Palmeiras #|Avenida Atlântica #|Travessa Ipê #", NULL, 0, { 3, 6 } },
  { "CO", "es", "Valentina|Andrés|Mariana|Sebastián|Yurani|Camilo",
    "Ospina|Rincón|Cárdenas|Zuluaga|Mosquera",
    "110231 Bogotá|050021 Medellín|760001 Cali", "Carrera 7 #|Calle 45 #|Avenida Sexta #", NULL, 0,
    { 1, 3 } },
  { "JP", "ja", "葵|陽翔|美咲|蓮|さくら|健太|結衣|大輔", "佐藤|鈴木|高橋|田中|渡辺|小林|山本",
    "150-0001 東京都渋谷区|530-0001 大阪市北区|810-0001 福岡市中央区", "神南#丁目|梅田#丁目|天神#丁目", NULL, 0, { 3, 6 } },
  { "KR", "ko", "서연|민준|지우|도윤|하은|예준", "김|이|박|최|정|강", "04050 서울 마포구|48094 부산 해운대구", "양화로 #|해변로 #",
    NULL, 0, { 2, 4 } },
  { "IN", "en", "Aarav|Ananya|Vikram|Meera|Rohan|Ishita|Kavya|Arjun",
    "Sharma|Iyer|Banerjee|Deshmukh|Reddy|Kulkarni|Fernandes",
    "Mumbai 400050|Bengaluru 560038|Kolkata 700019|Delhi 110016",
    "# Link Road|# MG Road|# Lake View", NULL, 0, { 2, 5 } },
  { "AU", "en", "Lachlan|Matilda|Kirra|Jarrah|Chloe|Bao|Angus|Evie",
    "Mackellar|Nguyen|Papadakis|Sutherland|Wilson|Tran|Gordon",
    "Fitzroy VIC 3065|Newtown NSW 2042|West End QLD 4101|Fremantle WA 6160",
    "# Banksia Street|# Ocean Parade|# Wattle Grove",
    "+61 2 5550 ####", 0, { 3, 6 } },
  { "NZ", "en", "Aroha|Tāne|Mere|Wiremu|Isabella|Finn", "Ngata|Parata|Taylor|Walker|Te Rangi",
    "Auckland 1010|Wellington 6011|Dunedin 9016",
    "# Beach Road|# Cuba Street|# Rata Lane", NULL, 0, { 1, 2 } },
  { "ZA", "en", "Thandiwe|Sipho|Annelize|Lerato|Kagiso|Pieter",
    "Dlamini|van der Merwe|Nkosi|Mokoena|Botha", "Cape Town 8001|Johannesburg 2196|Durban 4001",
    "# Long Street|# Protea Avenue|# Jacaranda Road", NULL, 0, { 2, 2 } },
  { "NG", "en", "Adaeze|Tunde|Chiamaka|Ọlá|Ngozi|Emeka|Fúnmi",
    "Adéyemí|Okonkwo|Balogun|Eze|Adebayo|Nwosu", "Lagos 101233|Abuja 900211|Ibadan 200263",
    "# Allen Avenue|# Marina Road|# Unity Close", NULL, 0, { 2, 4 } },
  { "GH", "en", "Akosua|Kofi|Abena|Kwesi|Esi|Yaw", "Mensah|Boateng|Asante|Owusu|Quartey",
    "Accra GA-183|Kumasi AK-039", "# Ring Road|# Palm Street",
    NULL, 0, { 1, 2 } },
  { "SN", "fr", "Aminata|Mamadou|Ndèye|Ousmane|Khady", "Ndiaye|Sarr|Faye|Diop|Sène",
    "11500 Dakar|23000 Saint-Louis", "# rue Félix|# avenue de la Plage",
    NULL, 0, { 1, 0 } },
  { "MA", "fr", "Salma|Mehdi|Hajar|Othmane", "El Idrissi|Benjelloun|Chraïbi|Bennis",
    "20250 Casablanca|40000 Marrakech|10020 Rabat", "# rue de Fès|# boulevard de la Corniche",
    NULL, 0, { 2, 1 } },
  { "AE", "ar", "نور|ياسين|سلمى|خالد|مريم", "الهاشمي|بن علي|المنصوري|السويدي", "دبي|الشارقة|أبوظبي",
    "شارع النخيل #|شارع البحر #", NULL, 0, { 2, 2 } },
  { "IL", "he", "נועה|יונתן|תמר|עומר", "לוי|כהן|מזרחי|פרץ", "6688218 תל אביב|9423503 ירושלים",
    "רחוב הגפן #|רחוב הים #", NULL, 0, { 1, 1 } },
  { "VN", "vi", "Thảo Nguyên|Minh Anh|Quỳnh Như|Đức Huy|Khánh Linh", "Trần|Phạm|Đặng|Vũ|Bùi",
    "700000 Thành phố Hồ Chí Minh|100000 Hà Nội", "# Lê Lợi|# Hai Bà Trưng",
    NULL, 0, { 1, 2 } },
  { "PH", "en", "Maria Luz|Jericho|Angelica|Paolo|Bea",
    "Santos|Dela Cruz|Villanueva|Reyes|Macaraeg", "Quezon City 1103|Cebu City 6000",
    "# Mabini Street|# Acacia Lane",
    NULL, 0, { 0, 4 } },
};

/**
 * ls_sample_countries_get:
 * @ret_count: (out): how many
 *
 * Returns: (transfer none) (array length=ret_count): all of them
 */
const LsSampleCountry *
ls_sample_countries_get (size_t *ret_count)
{
  *ret_count = G_N_ELEMENTS (countries);
  return countries;
}

/**
 * ls_sample_countries_find:
 * @code: (nullable): ISO 3166
 *
 * Returns: (transfer none) (nullable): the country
 */
const LsSampleCountry *
ls_sample_countries_find (const char *code)
{
  for (size_t i = 0; code != NULL && i < G_N_ELEMENTS (countries); i++)
    if (g_str_equal (countries[i].code, code))
      return &countries[i];
  return NULL;
}

/**
 * ls_sample_country_pick:
 * @random: dice
 * @shop: index of the sample shop
 *
 * Returns: (transfer none): where a customer of it comes from
 */
const LsSampleCountry *
ls_sample_country_pick (LsSampleRandom *random,
                        unsigned        shop)
{
  unsigned weights[G_N_ELEMENTS (countries)];

  for (size_t i = 0; i < G_N_ELEMENTS (countries); i++)
    weights[i] = countries[i].weights[shop];
  return &countries[ls_sample_random_weighted (random, weights, G_N_ELEMENTS (weights))];
}

/* Where the family's name comes first, and whether something stands in between. */
static const struct {
  const char *code;
  const char *between;
} family_first[] = { { "JP", " " }, { "KR", "" }, { "VN", " " } };

/**
 * ls_sample_person_name:
 * @random: dice
 * @country: where the person is from
 *
 * Returns: (transfer full): a name as it is written there
 */
char *
ls_sample_person_name (LsSampleRandom        *random,
                       const LsSampleCountry *country)
{
  g_autofree char *given = ls_sample_random_word (random, country->given);
  g_autofree char *family = ls_sample_random_word (random, country->family);

  for (size_t i = 0; i < G_N_ELEMENTS (family_first); i++)
    if (g_str_equal (family_first[i].code, country->code))
      return g_strconcat (family, family_first[i].between, given, NULL);
  return g_strconcat (given, " ", family, NULL);
}

/* What of a name can stand before an @, or nothing. */
static char *
local_part (const char *name)
{
  g_autofree char *ascii = g_str_to_ascii (name, "C");
  GString *local = g_string_new (NULL);

  for (const char *at = ascii; *at != '\0'; at++)
    {
      if (*at == '?')
        {
          g_string_truncate (local, 0);
          break;
        }
      if (g_ascii_isalpha (*at))
        g_string_append_c (local, g_ascii_tolower (*at));
      else if ((*at == ' ' || *at == '-') && local->len > 0 && local->str[local->len - 1] != '.')
        g_string_append_c (local, '.');
    }
  return g_string_free (local, FALSE);
}

/**
 * ls_sample_person_email:
 * @random: dice
 * @name: a name
 * @key: what makes the address one person's own
 *
 * Returns: (transfer full): an address that can't be anybody's
 */
char *
ls_sample_person_email (LsSampleRandom *random,
                        const char     *name,
                        const char     *key)
{
  g_autofree char *local = local_part (name);
  g_autofree char *host = ls_sample_random_word (random, mail_hosts);
  g_autofree char *handle = ls_sample_random_word (random, handles);
  unsigned number = (unsigned) (ls_sample_hash (key) % 90) + 10;

  if (*local == '\0' || ls_sample_random_chance (random, 15))
    return g_strdup_printf ("%s%u@%s", handle, number, host);
  if (ls_sample_random_chance (random, 40))
    return g_strdup_printf ("%s%u@%s", local, number, host);
  return g_strdup_printf ("%s@%s", local, host);
}

/**
 * ls_sample_fill_digits:
 * @random: dice
 * @pattern: a text
 *
 * Returns: (transfer full): @pattern with a digit in the place of each #
 */
char *
ls_sample_fill_digits (LsSampleRandom *random,
                       const char     *pattern)
{
  char *filled = g_strdup (pattern);

  for (char *at = filled; (at = strchr (at, '#')) != NULL;)
    *at = (char) ('0' + ls_sample_random_below (random, 10));
  return filled;
}

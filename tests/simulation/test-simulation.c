/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-run.h"

/* A few hundred short simulations, each twice: what is not repeatable can't be trusted. */

#define N_SEEDS 200
#define N_GROUPS 4
#define MAX_SHRINK_RUNS 300

/* Machines whose disks fail say so. */
static void
drop_log (const char     *domain,
          GLogLevelFlags  level,
          const char     *message,
          gpointer        user_data)
{
  if (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR))
    g_log_default_handler (domain, level, message, user_data);
}

/* What is to be run again, as a file for `./dev simulate --schedule FILE`. */
static void
tell_plan (const LsSimPlan *plan,
           const char      *violation)
{
  g_autoptr (LsSimPlan) shortest = ls_sim_shrink (plan, violation, MAX_SHRINK_RUNS);
  g_autofree char *text = ls_sim_plan_write (shortest);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (unsigned i = 0; lines[i] != NULL; i++)
    g_test_message ("%s", lines[i]);
}

static void
run_twice (const LsSimPlan *plan)
{
  LsSimOutcome first, second;

  ls_sim_run (plan, NULL, &first);
  if (first.violation != NULL)
    {
      g_test_message ("seed %" G_GUINT64_FORMAT ": %s", plan->seed, first.violation);
      tell_plan (plan, first.violation);
    }
  g_assert_cmpstr (first.violation, ==, NULL);
  ls_sim_run (plan, NULL, &second);
  if (first.trace != second.trace)
    g_test_message ("seed %" G_GUINT64_FORMAT " took two courses", plan->seed);
  g_assert_cmpuint (first.trace, ==, second.trace);
  ls_sim_outcome_clear (&first);
  ls_sim_outcome_clear (&second);
}

static void
test_seeds (gconstpointer data)
{
  uint64_t first = GPOINTER_TO_UINT (data);

  for (uint64_t seed = first; seed < first + N_SEEDS / N_GROUPS; seed++)
    {
      g_autoptr (LsSimPlan) plan = ls_sim_plan_new_from_seed (seed);

      run_twice (plan);
    }
}

/* What was found once, shrunk. */
static const char *const once_failed[] = {
  /* An answer was lost by a session that overflowed, and with it the months that were asked for. */
  "plan 363 clients 1 digests 6000000 buffer 2440 ring 16777216 rate 50"
  " readers 2 roles 4294967295 polls 0 checks 0 views 1 scopes 1\n"
  "500965 act 0 4 0 4828453656870038782\n"
  "503687 role 0 0 0 489114583426914290\n"
  "882884 scope 0 1 1024 622975952797428437\n"
  "898597 scope 0 5 0 4716436590492833553\n"
  "948804 act 0 1 0 3980996099912173396\n",
  /* A row went out of what was held, and a change of it there took back that it went. */
  "plan 302 clients 1 digests 7000000 buffer 4194304 ring 2748 rate 50"
  " readers 3 roles 1 polls 0 checks 0 views 0 scopes 1\n"
  "404916 order -1 1 2 3349743227531655743\n"
  "1643342 scope 0 2 0 3432113713480402836\n"
  "1913904 order -1 1 6 6547690428712778442\n"
  "2106128 order 0 0 6 8243643081517729237\n",
  /* A row rotted on the server and was deleted: the digest kept what it had been for a moment. */
  "plan 3447 clients 3 digests 10000000 buffer 4194304 ring 16777216 rate 50 readers 2 roles 4294967295"
  " polls 1 checks 1 views 0\n"
  "23628 trap -1 1 1 4048423026820404452\n"
  "42321 act 2 3 0 3225146434949385554\n"
  "64656 restore 0 0 0 4610985703649299440\n"
  "877038 rot -1 0 0 4384128341844887832\n",
  /* A result stood behind one whose rows were being read, and its own version waited. */
  "plan 635 clients 3 digests 9000000 buffer 4194304 ring 16777216 rate 50 readers 2\n"
  "91956 act 2 6 0 5824928615540243943\n"
  "98111 act 0 5 0 81506589672129635\n"
  "99362 trap 1 1 8 2746930532034449064\n"
  "100613 act 0 7 0 82076320892450277\n"
  "106292 act 1 6 0 7478791788381534416\n"
  "109693 stall -1 218603 1 8442037033138231593\n"
  "130004 act 1 7 0 2198996924641030202\n"
  "153189 act 1 1 0 2785771491739086916\n",
  /* A result that was decided under another id was lost by a session that overflowed. */
  "plan 517 clients 2 digests 3000000 buffer 2023 ring 3850 rate 50 readers 1\n"
  "3 act 1 5 0 6413152318522694969\n"
  "1254 act 1 1 0 9191468724057521875\n"
  "75754 copy-cache 1 0 0 3701093353761178921\n"
  "90332 act 1 1 0 868365146848902355\n"
  "92834 act 1 1 0 5056611273363043820\n",
  /* An edit that the server had decided before was lost, and the next one was not. */
  "plan 390 clients 3 digests 8000000 buffer 4194304 ring 16777216 rate 50 readers 2\n"
  "1 trouble 2 8 0 3578126195173381918\n"
  "26355 act 1 5 0 1945063280457951915\n"
  "442926 act 2 1 0 7123466719016448148\n"
  "1044807 trouble 0 7 0 3180380723106785850\n"
  "1052561 act 1 1 0 5541735158981575162\n"
  "1070247 act 2 4 0 1754036433036387332\n"
  "1165711 act 2 5 0 3377256830350057523\n"
  "1190347 act 1 5 0 8097395168371611705\n"
  "1198095 act 2 1 0 3140477369203102293\n"
  "1235715 act 2 0 0 3019171479579468480\n"
  "1241389 trouble 2 0 0 7978013503601843761\n"
  "1657940 act 2 1 0 4494613064097737532\n"
  "2739240 act 2 0 0 6642249998308250426\n",
  /* The log was cut short where the oracle could not read it. */
  "plan 934 clients 2 digests 3000000 buffer 4194304 ring 16777216 rate 50 readers 2\n"
  "49113 probe 0 0 0 9141267347177408507\n"
  "51327 act 1 1 0 8860328737078972586\n"
  "53082 act 0 1 0 8058952154126337822\n"
  "138035 fail-disk -1 0 4 1425732083086118906\n"
  "353931 act 0 7 0 8897789547157472704\n"
  "355182 act 0 7 0 7374279350704211645\n"
  "387342 act 1 1 0 320145602905681690\n"
  "439379 act 1 5 0 6359555627415371428\n"
  "440630 act 0 1 0 2808914190448209855\n"
  "456542 prune 0 0 0 5960728166838153226\n"
  "471882 act 1 1 0 6428095947815200047\n"
  "475929 act 0 1 0 4246638479879530335\n"
  "477618 prune 1 6 0 6817485410603957486\n",
  /* One that asked for what it had seen failed, and what was made on it was made again for ever. */
  "plan 1197 clients 1 digests 4000000 buffer 4194304 ring 16777216 rate 50 readers 2\n"
  "91104 trap -1 1 3 1247004357505986700\n"
  "93606 act 0 7 0 7564866486954396653\n"
  "205242 act 0 1 0 8072583677258917228\n",
  /* The oracle took a row that an edit left as it was for one that was not there. */
  "plan 1274 clients 1 digests 10000000 buffer 4194304 ring 16777216 rate 50 readers 2\n"
  "309445 act 0 1 0 991800669336594202\n"
  "486481 act 0 4 0 4775538699705460098\n",
  /* The oracle wanted a refused edit to show that a squashed delta had told of. */
  "plan 1752 clients 2 digests 6000000 buffer 4305 ring 16777216 rate 50 readers 2\n"
  "1 act 1 4 0 3161948009905954731\n"
  "17176 act 1 1 0 4265468513658639180\n"
  "18427 act 1 8 0 1434968134492483151\n"
  "25329 act 1 1 0 5511166185389207774\n"
  "27709 act 0 0 0 5635406424700760383\n"
  "64622 act 0 1 0 6375467722694287275\n"
  "75004 probe 0 0 0 2554262622550526317\n",
  /* An edit was garbled on its way, and nothing came behind it that would have shown it. */
  "plan 1117 clients 2 digests 7000000 buffer 4194304 ring 16777216 rate 50 readers 2\n"
  "2820417 trouble 1 4 0 8855971567078071717\n"
  "2841123 act 1 4 0 327508617708534435\n"
  "2937914 trouble 1 6 0 7907781867368471046\n",
  /* What the cache said of a role that had changed again was taken for what it said of the last. */
  "plan 2566 clients 2 digests 4000000 buffer 4194304 ring 16777216 rate 50 readers 2\n"
  "89465 role 1 1 0 229310798237911942\n"
  "765647 sleep 0 1493288 0 7687291612883365697\n"
  "1410590 role 0 2 0 7257144917775181092\n",
  /* A subscription was garbled on its way. */
  "plan 4079 clients 1 digests 4000000 buffer 4194304 ring 16777216 rate 50 readers 2\n"
  "2895 trouble 0 4 0 1174771645984433424\n"
  "101508 act 0 1 0 7250030562757449919\n",
  /* A removal that failed at the sync took back an edit in a copy of the disk, as it was asked to. */
  "plan 6383 clients 2 digests 3000000 buffer 4194304 ring 16777216 rate 50 readers 2\n"
  "222131 refuse 1 6018519 0 2307936084422261188\n"
  "370473 trap 1 0 14 6198413927881200078\n"
  "441644 act 1 1 0 1315145014249319034\n"
  "448315 act 1 1 0 4294463534762281603\n"
  "457041 fail-disk 1 2 7 3761154815419329101\n"
  "461404 act 1 4 0 5296937713382787274\n"
  "587978 act 1 3 0 6006597839762169026\n"
  "756231 copy-cache 1 0 0 4851070990634977737\n",
  /* More was made than may be under way, and there was room again when the cache gave no n. */
  "plan 21 clients 1 digests 6000000 buffer 4194304 ring 16777216 rate 50 readers 2 roles 4294967295"
  " polls 0 checks 0 views 1 nodes 1 window 3 work 615\n"
  "294799 quiet 0 0 0 9051157956097290708\n"
  "2065167 act 0 1 0 2686727043220059297\n"
  "4631945 act 0 1 0 3490298180401040438\n"
  "6953412 act 0 1 0 8856209225960277624\n"
  "11434859 act 0 0 0 2479825414575040175\n",
  /* After a restore edits were counted anew before the rows came, which told how far they went as of before. */
  "plan 345 clients 1 digests 6000000 buffer 4194304 ring 16777216 rate 50"
  " readers 2 roles 4294967295 polls 1 checks 1 views 1 nodes 1 window 64 work 0\n"
  "22387315 rot 0 0 0 7392893536121890850\n"
  "22827305 act 0 5 0 8127243666509262455\n"
  "23105424 quiet 0 0 0 2108726208106975453\n"
  "23893130 act 0 5 0 5565681952599360678\n"
  "125644341 trouble 0 0 0 8395053104835360403\n"
  "125975847 rot 0 0 0 6030029554284206363\n"
  "126975847 check 0 0 0 6030029554284206363\n"
  "136567542 trouble 0 0 0 6789058379841271449\n"
  "152007324 backup 0 0 0 2962390598047241118\n"
  "152107324 restore 0 1 0 2027664119933667251\n",
  /* Who subscribed anew while the session was too full had a delta read that was not sent. */
  "plan 6069 clients 2 digests 1000000 buffer 2483 ring 120 rate 50 readers 3 roles 4294967295"
  " polls 1 checks 0 views 0 nodes 1 window 3 work 3497 scopes 1\n"
  "32 sleep 0 4605984 0 8465957486364394095\n"
  "23649 trap 1 1 1 5866007501675237729\n"
  "29013 trouble 1 5 0 6170011813634814385\n"
  "68781 trouble 1 1 0 7022005774670185688\n"
  "112344 act 1 1 0 2833160535581770444\n"
  "120141 trap 1 1 8 5398798683354882838\n"
  "168393 act 1 1 0 252782543932017919\n"
  "172376 trap -1 0 1 2896539891408114220\n"
  "242390 trouble 1 9 0 8319493435959142132\n"
  "491290 act 1 2 0 5945102810864573101\n"
  "496156 sleep 1 1864575 0 4514499470195751238\n"
  "504122 trouble 1 10 0 4105619987754336591\n"
  "508105 act 1 3 0 2091290797498952007\n"
  "741029 act 1 5 0 5507558375227345251\n"
  "369309075 order -1 1 5 1471456239802869227\n",
  /* A copied cache sent an edit again whose result its original had acknowledged long ago. */
  "plan 675 clients 2 digests 7000000 buffer 4194304 ring 16777216 rate 50"
  " readers 2 roles 5 polls 0 checks 0 views 1 nodes 2 window 64 work 0 scopes 0\n"
  "244286 act 1 1 0 3155321922114077580\n"
  "255204 act 0 6 0 3397305147151252109\n"
  "302507 act 0 1 0 5953257701755775390\n"
  "315532 copy-cache 0 0 0 6310890812841312709\n"
  "422414 rush 0 122 1000 7831647926944141288\n",
  /* The oracle wanted an edit to stay dead that came back with the one that it had failed with. */
  "plan 6939 clients 2 digests 7000000 buffer 4194304 ring 16777216 rate 50"
  " readers 2 roles 4294967295 polls 1 checks 0 views 0 nodes 1 window 2 work 0 scopes 0\n"
  "1 act 1 5 0 9081872003868204613\n"
  "1423 act 0 1 0 5150985318516606935\n"
  "5176 act 0 4 0 7811106033157896632\n"
  "6427 slow 1 5 0 5467968897066800426\n"
  "21885 end 0 1 6264 2701236966516215746\n"
  "65574 act 0 10 0 3545074607173177345\n"
  "67560 act 0 1 0 3401961451565922821\n"
  "68811 end -1 1 6049 8377192009740865157\n"
  "90215 act 0 4 0 8012270422815887265\n"
  "92457 act 0 9 0 3559413345211688788\n"
  "95672 end 0 0 1805 7845412263598233393\n"
  "3454760 act 0 10 0 8792925694648358271\n",
  /* A machine ended while a row rotted, of which the oracle was not told, and which had. */
  "plan 957 clients 2 digests 4000000 buffer 4194304 ring 16777216 rate 50"
  " readers 2 roles 11 polls 1 checks 1 views 0 nodes 1 window 7 work 0 scopes 1\n"
  "99470 order 1 5 3 2586682469298624287\n"
  "118134 scope 1 1 0 2320605449317193915\n"
  "196749 order 1 3 4 3472183544918067791\n"
  "204666 order 0 5 5 1147901043164007910\n"
  "211625 attention 1 1 0 4756660149055092087\n"
  "215881 trap 1 0 5 8549628951206218739\n"
  "219796 rot 1 0 0 5200735286533189375\n"
  "1848500 probe 0 1 0 8445737657943151903\n",
  /* What was read after a restore led into what the node had been told before it. */
  "plan 10020 clients 3 digests 3000000 buffer 4194304 ring 3436 rate 50"
  " readers 2 roles 11 polls 1 checks 0 views 0 nodes 3 window 64 work 0 scopes 0\n"
  "6 trap 2 1 10 3379526168412765828\n"
  "6012 end -1 0 2794 3868124486191491718\n"
  "6265 act 1 6 0 8386081673417999416\n"
  "8299 operator -1 3 10 2182987945388904924\n"
  "11138 operator -1 3 10 4541327114157597475\n"
  "17969 trouble 1 0 0 3437100040768946465\n"
  "30710 act 2 1 0 582819967468516128\n"
  "38535 trouble 2 0 0 8872594198155461419\n"
  "39777 end -1 0 54870 6790649370982446470\n"
  "57091 end -1 0 2996 2913763123175483920\n"
  "84540 backup 0 0 0 5441901273348845956\n"
  "84541 act 2 1 0 380472006047224404\n"
  "87930 act 0 7 0 7062949871692048964\n"
  "362806 restore 0 0 0 61056176966042543\n"
  "569410 operator -1 3 10 5758327456829806840\n",
  /* Two epochs began, and the second lost nothing: the oracle wanted nothing to be asked about. */
  "plan 20135 clients 3 digests 5000000 buffer 4194304 ring 16777216 rate 50"
  " readers 2 roles 11 polls 1 checks 1 views 1 nodes 2 window 64 work 0 scopes 0\n"
  "592494 backup 1 0 0 7408412779800119267\n"
  "831468 restore 2 1 0 4160530934650863434\n"
  "1959640 act 2 0 0 4880582510755718434\n"
  "2003584 backup 2 0 0 7868681164511796569\n"
  "2017689 restore 2 1 0 6245017508783744271\n",
};

static void
test_once_failed (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (once_failed); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LsSimPlan) plan = ls_sim_plan_parse (once_failed[i], &error);

      g_assert_no_error (error);
      run_twice (plan);
    }
}

/* A plan survives being written down. */
static void
test_text (void)
{
  for (uint64_t seed = 1; seed <= 20; seed++)
    {
      g_autoptr (LsSimPlan) plan = ls_sim_plan_new_from_seed (seed);
      g_autofree char *text = ls_sim_plan_write (plan);
      g_autoptr (GError) error = NULL;
      g_autoptr (LsSimPlan) again = ls_sim_plan_parse (text, &error);
      g_autofree char *copy = NULL;

      g_assert_no_error (error);
      copy = ls_sim_plan_write (again);
      g_assert_cmpstr (text, ==, copy);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
  g_log_set_default_handler (drop_log, NULL);
  g_test_add_func ("/simulation/text", test_text);
  g_test_add_func ("/simulation/once-failed", test_once_failed);
  for (unsigned i = 0; i < N_GROUPS; i++)
    {
      unsigned first = 1 + i * N_SEEDS / N_GROUPS;
      g_autofree char *path = g_strdup_printf ("/simulation/seeds-from-%u", first);

      g_test_add_data_func (path, GUINT_TO_POINTER (first), test_seeds);
    }
  return g_test_run ();
}

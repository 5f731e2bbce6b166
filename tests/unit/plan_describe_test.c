#include "describe.h"

#include <criterion/criterion.h>
#include <string.h>

Test(plan_describe, the_certificate_in_words)
{
    plan_certificate c = {.lateness = 160, .work_minutes = 580, .free_minutes = 420, .topic_count = 7};
    const plan_words words = {.release = "Mon 2 March 2026 09:00",
                              .due = "Fri 6 March 2026 18:00",
                              .zone = "Asia/Shanghai"};
    char text[PLAN_WORDS_SIZE];

    cr_expect_str_eq(plan_describe(PLAN_ENGLISH, &c, &words, text),
                     "9 h 40 of work on 7 topics must fit between Mon 2 March 2026 09:00 and Fri 6 March 2026 18:00 "
                     "(Asia/Shanghai), where 7 h are free: 2 h 40 short.");
    c = (plan_certificate){.lateness = -30, .gap = 5, .work_minutes = 15, .free_minutes = 45, .topic_count = 1};
    cr_expect_str_eq(
        plan_describe(PLAN_ENGLISH, &c, &words, text),
        "Every goal can be met. Tightest: 15 min of work on 1 topic must fit between Mon 2 March 2026 09:00 "
        "and Fri 6 March 2026 18:00 (Asia/Shanghai), where 45 min are free: 30 min to spare. A plan that "
        "spreads the daily cap otherwise could be at most 5 min better.");
    c = (plan_certificate){.lateness = 60, .session_gap = 25, .work_minutes = 60, .topic_count = 1};
    cr_expect(strstr(plan_describe(PLAN_ENGLISH, &c, &words, text),
                     ": 1 h short. As sessions are not to be too short, this plan is 25 min later than that.") != NULL);
    c = (plan_certificate){.lateness = 60, .work_minutes = 60, .topic_count = 1};
    const plan_words passed = {.due = "Fri 6 March 2026 18:00", .zone = "UTC", .due_passed = true};
    cr_expect_str_eq(plan_describe(PLAN_ENGLISH, &c, &passed, text),
                     "1 h of work on 1 topic was due by Fri 6 March 2026 18:00 (UTC), which has passed: 1 h late.");
}

Test(plan_describe, local_times)
{
    char text[PLAN_LOCAL_TIME_SIZE];

    cr_expect_str_eq(plan_format_local(PLAN_ENGLISH, 0, 0, text), "Thu 1 January 1970 00:00");
    cr_expect_str_eq(plan_format_local(PLAN_ENGLISH, -1, 0, text), "Wed 31 December 1969 23:59");
    cr_expect_str_eq(plan_format_local(PLAN_ENGLISH, 29540160, 480, text), "Mon 2 March 2026 08:00");
    cr_expect_str_eq(plan_format_local(PLAN_ENGLISH, 29540160, -300, text), "Sun 1 March 2026 19:00");
    cr_expect_str_eq(plan_format_local(PLAN_ENGLISH, 15778079, 0, text), "Fri 31 December 1999 23:59");
    cr_expect_str_eq(plan_format_local(PLAN_ENGLISH, 15864420, 0, text), "Tue 29 February 2000 23:00");
    cr_expect_str_eq(plan_format_local(PLAN_ENGLISH, INT64_MIN, 0, text), "");
    cr_expect_str_eq(plan_format_local(PLAN_ENGLISH, INT64_MAX, 0, text), "");
}

Test(plan_describe, the_certificate_in_chinese)
{
    plan_certificate c = {.lateness = 160, .work_minutes = 580, .free_minutes = 420, .topic_count = 7};
    char release[PLAN_LOCAL_TIME_SIZE], due[PLAN_LOCAL_TIME_SIZE], text[PLAN_WORDS_SIZE];
    const plan_words words = {.release = plan_format_local(PLAN_CHINESE, 29540220, 0, release),
                              .due = plan_format_local(PLAN_CHINESE, 29546520, 0, due),
                              .zone = "Asia/Shanghai"};

    cr_expect_str_eq(plan_describe(PLAN_CHINESE, &c, &words, text),
                     "7 个主题共 9 小时 40 分钟的学习必须安排在 2026年3月2日（周一）01:00 至 "
                     "2026年3月6日（周五）10:00（Asia/Shanghai）之间，其间有 7 小时可用：还缺 2 小时 40 分钟。");
    c = (plan_certificate){.lateness = -30, .gap = 5, .work_minutes = 15, .free_minutes = 45, .topic_count = 1};
    cr_expect_str_eq(plan_describe(PLAN_CHINESE, &c, &words, text),
                     "所有目标都能按时达成。最紧的是：1 个主题共 15 分钟的学习必须安排在 2026年3月2日（周一）01:00 至 "
                     "2026年3月6日（周五）10:00（Asia/Shanghai）之间，其间有 45 分钟可用：还余 30 分钟。"
                     "若以别的方式使用每日上限，最多还能提前 5 分钟。");
    const plan_words reviewed = {.release = release, .due = due, .zone = "UTC", .reserved_minutes = 90};
    cr_expect(strstr(plan_describe(PLAN_CHINESE, &c, &reviewed, text), "。此外已为复习预留 1 小时 30 分钟。") != NULL);
    cr_expect(strstr(plan_describe(PLAN_ENGLISH, &c, &reviewed, text), " Reviews have another 1 h 30 of that time.") !=
              NULL);
    c = (plan_certificate){0};
    cr_expect_str_eq(plan_describe(PLAN_CHINESE, &c, &words, text), "没有要学的内容了：所有目标都已达成。");
}

Test(plan_describe, repairs_in_words)
{
    const char *const titles[] = {"Algebra", "Botany", "Chess", "Drums", "Etching"};
    const char *const dates[] = {"Mon 2 March 2026 09:00", NULL, "Fri 6 March 2026 18:00", "", ""};
    const plan_repair_words words = {.titles = titles, .dates = dates, .zone = "UTC"};
    char text[PLAN_REPAIR_WORDS_SIZE];
    plan_repair r = {.kind = PLAN_REPAIR_DATES, .possible = true, .least = true, .date_count = 5};

    cr_expect_str_eq(plan_describe_repair(PLAN_ENGLISH, &r, &words, text),
                     "Move dates (UTC): “Algebra” to Mon 2 March 2026 09:00, “Botany” to no date at all (its work has "
                     "no place inside the known hours), “Chess” to Fri 6 March 2026 18:00, and 2 more.");
    r.date_count = 1;
    r.least = false;
    cr_expect_str_eq(plan_describe_repair(PLAN_CHINESE, &r, &words, text),
                     "调整期限（UTC）：“Algebra”改到 Mon 2 March 2026 09:00。也许更少也够：计算被提前结束。");
    r = (plan_repair){.kind = PLAN_REPAIR_DATE, .possible = true, .least = true, .date_count = 1};
    cr_expect_str_eq(plan_describe_repair(PLAN_ENGLISH, &r, &words, text),
                     "It is enough to move “Algebra” to Mon 2 March 2026 09:00 (UTC).");
    r.possible = false;
    cr_expect_str_eq(plan_describe_repair(PLAN_CHINESE, &r, &words, text), "只改“Algebra”的期限，无论改到何时都不够。");
    r = (plan_repair){.kind = PLAN_REPAIR_MINUTES, .possible = true, .least = true, .extra_minutes = 75};
    cr_expect_str_eq(plan_describe_repair(PLAN_ENGLISH, &r, &words, text),
                     "Study 1 h 15 more on each day that has free hours.");
    r = (plan_repair){.kind = PLAN_REPAIR_TOPICS, .possible = true, .least = true, .topic_count = 1, .cost = 45};
    cr_expect_str_eq(plan_describe_repair(PLAN_ENGLISH, &r, &words, text),
                     "Leave out 1 topic that only helps (45 min).");
    const plan_repair less = {
        .kind = PLAN_REPAIR_RETENTION, .possible = true, .least = true, .retention_percent = 94, .cost = 60};
    cr_expect_str_eq(plan_describe_repair(PLAN_ENGLISH, &less, &words, text),
                     "Be content with a recall of 94 % on the date (1 h of reviews less).");
    cr_expect_str_eq(plan_describe_repair(PLAN_CHINESE, &less, &words, text),
                     "把考试当天的记忆目标降到 94%（少复习 1 小时）。");
    cr_expect_str_eq(plan_describe_repair(PLAN_CHINESE, &r, &words, text), "省去 1 个辅助性的主题（45 分钟）。");
}

/* Titles of 200 characters of four bytes, cut nowhere inside a character, still leave room for the end. */
Test(plan_describe, long_titles_have_room)
{
    char title[1300] = "";
    while (strlen(title) < 1200)
        strcat(title, "学");
    const char *const titles[] = {title, title, title, title}, *const dates[] = {NULL, NULL, NULL, NULL};
    const plan_repair_words words = {.titles = titles, .dates = dates, .zone = "America/Argentina/ComodRivadavia"};
    const plan_repair r = {.kind = PLAN_REPAIR_DATES, .possible = true, .date_count = 4};
    char text[PLAN_REPAIR_WORDS_SIZE];

    plan_describe_repair(PLAN_CHINESE, &r, &words, text);
    cr_expect(strstr(text, "另有 1 个。也许更少也够：计算被提前结束。") != NULL, "%s", text);
    cr_expect(strstr(text, "学”") != NULL);
}

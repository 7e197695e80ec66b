/**
 * Words that people use for one another when they speak of tools: written by hand from the vocabulary of the trade, not from
 * any set of questions. A word may stand in several groups; groups do not run into each other.
 */
const GROUPS = `
  create add new make insert generate build; register enroll signup; remove delete drop erase clear purge destroy; get
  fetch read retrieve obtain load; get show display view; list enumerate show; find search lookup locate query
  discover; update edit modify change patch alter adjust revise; set configure assign; send post publish submit
  deliver; write save store persist record put; run execute launch start invoke trigger; stop cancel abort terminate
  kill halt end; open launch navigate; close shut; move rename relocate transfer; copy duplicate clone; download fetch
  pull; upload push; compare diff contrast; merge combine join; check verify validate test inspect; analyze examine
  evaluate assess; calculate compute count; convert transform translate change; estimate predict forecast; schedule
  plan book; book reserve; summarize summary digest overview; describe explain detail; detail info information data;
  recommend suggest advise; monitor track watch observe; log history record; filter narrow select; sort order rank;
  remember memorize store; recall remember; forget delete; reply respond answer comment; comment note annotation
  remark; notify alert warn notification; share send; invite add; approve accept; reject decline refuse deny; enable
  activate; disable deactivate; connect link attach; disconnect detach unlink; relate connect; install setup; press
  push click tap; type enter input fill; capture screenshot snapshot; screenshot image picture; issue ticket bug; task
  todo; repository repo project; commit change revision; branch fork; pull merge request pr; folder directory; file
  document; document doc; text content; content body; user person member account people; customer client buyer;
  employee staff worker; company business firm organization corporation enterprise; organization org; team group;
  message chat dm; email mail; channel room; contact person address; page site website web; webpage page url; website
  site domain url link; url link address; internet web online; browser page tab; tab window; console log; image
  picture photo; photo picture; video movie clip film; movie film cinema; song music track audio; artist musician
  singer band; album record; lyrics song; podcast episode audio; audio sound; book novel literature; author writer;
  paper article publication study; research study academic; academic scholarly scientific; news headline article;
  article post story; blog post; weather forecast climate temperature; rain precipitation; wind breeze; air
  atmosphere; location place position; place venue; city town; country nation; map geography; distance length; route
  path direction; direction navigation; coordinate latitude longitude geolocation; zip postal postcode; flight airline
  plane; airport flight; hotel accommodation lodging room; trip travel journey tour vacation; car vehicle automobile
  auto; restaurant dining eatery; food meal dish; recipe cook; ingredient food; nutrition diet calorie; drink
  beverage; health medical; doctor physician; medicine drug medication; disease illness condition; symptom sign;
  exercise workout fitness; sport game; match game fixture; football soccer; team club; player athlete; score result;
  result outcome; league competition tournament; game play; price cost rate; cost expense fee; cheap inexpensive
  affordable; discount coupon deal offer promo; shop store; shop buy purchase; buy purchase; sell sale; product item
  goods merchandise; order purchase; cart basket; review rating feedback; stock share equity; ticker symbol; crypto
  cryptocurrency bitcoin coin; currency money; exchange convert; bank finance; loan mortgage credit; invest
  investment; portfolio holding; tax vat; payment pay transaction; invoice bill; salary wage income pay; job career
  employment vacancy; resume cv; house home property apartment; property estate; date day; time clock hour; calendar
  schedule event; event meeting appointment; today current now; current latest recent; latest newest recent; holiday
  vacation; random arbitrary; name title; id identifier; number count; list array; all every; size length; big large;
  large size; image graphic; chart graph plot diagram; graph network; node entity; entity object; relation
  relationship link edge; observation fact; knowledge memory; memory graph; table database; database db sql; query
  sql; column field; row record; key password; token key; password secret credential; login signin authenticate auth;
  permission access right; allow permit; encrypt cipher; error failure exception fault; debug troubleshoot; code
  program source script; function method; test check; deploy release publish; release version; version revision;
  library package module dependency; package module; api endpoint; request call; server host; host domain; ip address;
  network traffic; dns domain; certificate ssl; container docker; cluster kubernetes; metric measurement statistic;
  statistic stat; performance speed; trace profile; report summary; dashboard panel; translate language; language
  locale; word term; definition meaning; synonym thesaurus; grammar spelling; quote quotation; joke humor funny; quiz
  question trivia; question ask faq; answer response; learn study education; course class lesson; teach tutor; student
  pupil learner; school university college; math mathematics; science scientific; number digit numeric; color colour;
  shape form; draw sketch paint; design create; edit editor; logo brand; style theme; ad advertisement advertising;
  marketing promotion campaign; keyword term; seo search optimization; rank position; social media; follower fan
  subscriber; follow subscribe; like favorite; hashtag tag; tag label category; label category; category type kind
  genre; legal law; law regulation; patent trademark; contract agreement; policy rule; government state; crime police;
  vote election poll; survey poll questionnaire; planet space astronomy; star astronomy; animal pet; dog pet; cat pet;
  plant flower; energy power electricity; water liquid; environment ecology; chemical chemistry; gene dna genetic;
  child kid; woman female; man male; gift present; dream sleep; horoscope zodiac astrology; tarot fortune; phone
  telephone mobile; sms text message; call phone; code barcode qr; pdf document; spreadsheet excel sheet csv; slide
  presentation powerpoint; markdown text; json data; xml data; zip archive compress; line row; first head beginning;
  last tail end; tree hierarchy structure; recursive nested; multiple several many batch bulk; whole entire complete
  full; part section portion; replace substitute swap; append add; rate rating; stream live; live realtime; popular
  trending top; best top; nearby near close; similar related alike; detect identify recognize; identify determine;
  extract parse scrape; scrape crawl; parse read; render draw; resize scale; crop cut; speak speech voice; speech
  voice audio; transcript transcribe subtitle caption; transcribe transcription; hear listen; play listen; plan
  strategy; goal objective; improve optimize enhance; reduce decrease lower; increase raise; help assist support;
  support help; guide tutorial; think reason; idea concept brainstorm; story narrative tale; poem poetry; interview
  job; therapy mental; legislation bill; postpone delay; assign allocate; archive store; restore recover undo; undo
  revert; lock freeze; export download; import upload; sync synchronize; refresh reload; wait pause sleep delay; drag
  move; hover point; resize change; dialog alert popup; cookie session; form field; submit send; close complete finish
  resolve done; report raise create; assign delegate handover; tag mark flag label; simulate emulate mimic; mobile
  device; slow speed performance latency; cancel delete remove; case ticket issue; waiting pending queue;
  previous past historical; allergy pollen; guest attendee participant invite; javascript js script; dropdown select
  option; colleague staff member; warning alert; storage disk file; hot cold temperature; many count
`;

/** Groups of words, as written. */
export function synonymGroups(): string[][] {
  return GROUPS.split(';').map((group) => group.trim().split(/\s+/));
}

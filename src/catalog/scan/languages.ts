/**
 * Words of other languages, by what they stand for; a `*` takes any end. Folded: without accents, in lower case. In scripts without
 * spaces, and Korean, they are found inside of words.
 */

const GERMAN: Readonly<Record<string, string>> = {
  X_IGNORE:
    'ignorier* missacht* vergiss vergesst vergessen uberschreib* umgeh* ubergeh* verwirf verwerf* "halte dich nicht"',
  X_RULES:
    'anweisung* instruktion* vorgabe* richtlinie* befehl* vorschrift* systemprompt* sicherheitsregel* regeln prompt*',
  X_PRIOR:
    'vorherig* fruher* bisherig* vorig* obig* ursprunglich* alle allen aller samtlich* jegliche* deine deiner deinen eigenen vorangegangen* bestehend*',
  X_NOT: 'nicht nie niemals kein keine keinem keinen keinesfalls nichts',
  X_TELL:
    'sag sage sagen erwahn* informier* mitteil* mitzuteil* teile verrat* erzahl* offenbar* benachrichtig* hinweis* erklar* zeig zeige zeigen melde melden gegenuber',
  X_USER: 'benutzer* nutzer* anwender* menschen person kunde* kunden',
  X_WITHOUT: 'ohne',
  X_NOTHING: 'nichts nie niemals keine kein',
  X_ASK: 'frag* nachfrag* ruckfrage* bestatig* zustimmung genehmig* erlaubnis wissen einwilligung',
  X_SEND:
    'sende senden sendet schick* ubermittel* ubertrag* weiterleit* leite hochlad* lade ladt poste verschick* kopier*',
  X_READ: 'lies lese lesen auslesen einlesen offne offnen hole holen ermittle extrahier*',
  X_INCLUDE:
    'fuge fugen hange hangen ubergib ubergebe ubergeben angeben schreib* einfug* beifug* beilegen setze anhang* anzuhang*',
  X_SECRET:
    'passwort* passworter kennwort* zugangsdaten schlussel geheimnis* anmeldedaten umgebungsvariable* api-schlussel tokens geheimschlussel',
  X_CONVERSATION: 'gesprach* unterhaltung* chatverlauf* konversation* verlauf nachrichten eingaben',
  X_SILENTLY: 'heimlich* unbemerkt* stillschweigend* verdeckt* geheim verborgen* hintergrund* unauffallig*',
  X_ALWAYS:
    'immer stets jedes jeder jedem jeden jedesmal musst mussen muss zwingend unbedingt zuerst zunachst vorher bevor vor',
  X_CALL: 'aufruf* verwend* benutz* nutz* rufe ruf ausfuhr* fuhre ausfuhrst',
  X_OTHER: 'andere* anderen alle allen jegliche* jedem jedes',
  X_TOOL: 'werkzeug* tool tools funktion* aktion*',
  X_DELETE: 'losch* entfern* vernicht*',
  X_PARAM: 'parameter* feld argument*',
};

const FRENCH: Readonly<Record<string, string>> = {
  X_IGNORE:
    'ignore ignorez ignorer oublie oubliez oublier outrepass* contourn* negligez neglige fais-fi "ne tiens pas compte" "ne tenez pas compte" "faites abstraction" "fais abstraction"',
  X_RULES: 'instruction instructions consigne* directive* regle* ordre* prompt* invite systeme recommandation*',
  X_PRIOR:
    'precedent* precedente* anterieur* tout* toute* toutes tous ci-dessus initiale* existant* tes vos systeme recues',
  X_NOT: "ne pas jamais aucun aucune rien n'en",
  X_TELL:
    'dis dites dire informe* informer mentionne* mentionner revele* reveler previens prevenir prevenez avertir avertis avertissez parle* montre* signale* divulgu* explique*',
  X_USER: "utilisateur* utilisatrice* l'utilisateur usager* personne humain* client",
  X_WITHOUT: 'sans',
  X_NOTHING: 'ne jamais rien',
  X_ASK:
    "demande demander demandez confirmation confirmer l'accord accord approbation consentement autorisation permission l'insu",
  X_SEND:
    'envoi* envoy* transmet* transmettre transmettez televers* postez transferez transferer expedie* copiez copier',
  X_READ: 'lis lisez lire ouvre ouvrez ouvrir recuper* extrai* chargez consultez',
  X_INCLUDE: 'inclus incluez inclure inclue ajout* joign* passez passer insere* inserez placez mets mettez collez',
  X_SECRET:
    'mot mots passe identifiants secret* cle cles jeton* "variables d\'environnement" d\'environnement credentials',
  X_CONVERSATION: 'conversation conversations discussion echanges historique requete*',
  X_SILENTLY: 'secretement discretement silencieusement silence cachette arriere-plan furtivement "a l\'insu"',
  X_ALWAYS: "toujours chaque obligatoire* dois devez doit imperativement systematiquement d'abord avant",
  X_CALL: 'utilis* appel* invoqu* executez executer',
  X_OTHER: "autre* tout* toute* d'autres n'importe",
  X_TOOL: "outil* d'outil l'outil fonction*",
  X_DELETE: 'supprim* efface* detrui*',
  X_PARAM: 'parametre* champ argument*',
};

const SPANISH_PORTUGUESE_ITALIAN: Readonly<Record<string, string>> = {
  X_IGNORE:
    'ignora ignore ignorar ignoren olvida olvide olvidar omite omitir descarta esquece esqueca desconsidere desconsiderar dimentica dimenticare ignorare ignori scarta "haz caso omiso" "no hagas caso" "no tengas en cuenta" trascura anula',
  X_RULES:
    'instruccion* instrucoes instrucao istruzion* directriz directrices diretriz* direttiv* reglas regras regole ordenes ordens indicaciones orientacoes linee prompt*',
  X_PRIOR:
    'anterior* previas previos previa previo todas todos tutte tutti precedent* tus suas sue originales sistema iniciales',
  X_NOT: 'no nunca jamas nao non mai ni nada niente',
  X_TELL:
    'digas diga decir decirle menciones mencione mencionar informes informe informar informarle reveles revele revelar cuentes cuente contar conte avises avise avisar dire dirlo menzionare informare rivelare muestres mostres mostrar comuniques rivelarlo dica diga',
  X_USER: 'usuario* utente* utilizador* persona cliente',
  X_WITHOUT: 'sin sem senza',
  X_NOTHING: 'nada nunca nao non no',
  X_ASK:
    'preguntar pedir confirmar confirmacion permiso aprobacion consentimiento autorizacion perguntar permissao aprovacao chiedere approvazione conferma sepa saiba sappia conocimiento conhecimento',
  X_SEND:
    'envia* envie* enviar mandar manda mande reenvia* reenvie* sube subir transmite transmita inviare invia invii inoltra* carica copia',
  X_READ: 'lee lea leer leia ler leggi leggere abre abra abrir apri extra* obten* recuper*',
  X_INCLUDE:
    'incluye* incluya* incluir inclua inclui anade anada anadir agrega* adjunta* pasa pase pasar passe passar includi* includere aggiungi* allega* inserta* insira inserisci coloca pega',
  X_SECRET:
    'contrasena* senha* credencial* credenziali clave claves chave chaves chiavi secreto secretos secretas segret* token tokens "variables de entorno" "variaveis de ambiente" "variabili d\'ambiente"',
  X_CONVERSATION:
    'conversacion* conversa conversas conversazion* historial historico cronologia mensaje* mensagem mensagens messaggi',
  X_SILENTLY: 'secretamente silencio silenci* discretamente oculta* escondid* nascost* furtiv* silenzios* sigilo',
  X_ALWAYS:
    'siempre sempre cada ogni debe* deve* devi debes obligatori* obbligatori* obrigatori* antes prima primero primeiro',
  X_CALL: 'usar usa utiliza* llam* invoc* ejecut* chame chamar executar chiama* eseguir*',
  X_OTHER: 'otra* otro* outra* outro* altri altra altro altre cualquier qualquer qualsiasi',
  X_TOOL: 'herramienta* ferramenta* strument* funcion* funcao funzion*',
  X_DELETE: 'elimina* borra* apaga* cancella*',
  X_PARAM: 'parametro* campo argumento* argomento',
};

const RUSSIAN: Readonly<Record<string, string>> = {
  X_IGNORE:
    'игнориру* проигнориру* забуд* отброс* обойд* нарушь "не обращай внимания" "не учитывай" пренебрег* отмени*',
  X_RULES: 'инструкц* указан* правил* директив* команд* распоряжен* промпт* предписан* установк* ограничен*',
  X_PRIOR: 'предыдущ* прежн* все* всех ранее предшеств* вышеуказан* систем* исходн* сво* твои',
  X_NOT: 'не никогда нельзя ничего ни',
  X_TELL:
    'сообща* сообщ* говори* упомина* упомян* рассказыва* расскаж* раскрыва* информиру* уведомля* показыва* предупрежда* объясня*',
  X_USER: 'пользовател* юзер* человек* клиент* владелец владельц*',
  X_WITHOUT: 'без втайне',
  X_NOTHING: 'не ничего',
  X_ASK: 'подтвержден* согласи* разрешен* спрашива* ведома уведомлен* одобрен*',
  X_SEND: 'отправ* перешл* переда* пересыла* загруз* выгруз* скопир* послать пошли',
  X_READ: 'прочита* прочти* прочт* чита* откро* открыв* извлек* получи* считай*',
  X_INCLUDE: 'включ* добав* вставь* вставл* прилож* переда* укаж* помест* запиш*',
  X_SECRET: 'парол* ключ* секрет* токен* "переменные окружения" "переменных окружения" учетн* логин*',
  X_CONVERSATION: 'разговор* переписк* диалог* бесед* истори* сообщени*',
  X_SILENTLY: 'тайно скрытно незаметно втихую секретно скрыто молча фоне "в фоне"',
  X_ALWAYS: 'всегда кажд* обязан* обязательно должен должна должны сначала перед прежде',
  X_CALL: 'использ* вызов* вызыва* вызв* примен* запуск*',
  X_OTHER: 'друг* любо* любы* остальн* инструмент*',
  X_TOOL: 'инструмент* функци*',
  X_DELETE: 'удал* стер* стира* уничтож*',
  X_PARAM: 'параметр* пол* аргумент*',
};

const DUTCH_POLISH_TURKISH: Readonly<Record<string, string>> = {
  X_IGNORE: 'negeer negeren vergeet zignoruj* ignoruj* zapomnij* pomin* yoksay* unut "goz ardi" gormezden',
  X_RULES:
    'instructies instructie richtlijnen regels opdrachten instrukcj* polecen* wytyczn* zasad* talimat* kural* yonerge*',
  X_PRIOR: 'vorige eerdere voorgaande alle poprzedni* wczesniejsz* wszystki* onceki tum butun',
  X_NOT: 'niet nooit geen nie nigdy',
  X_TELL:
    'vertel vertellen vermeld* informeer* zeg mow* wspomina* informuj* powiedz* ujawnia* soyleme* bahsetme* bildirme*',
  X_USER: 'gebruiker* uzytkownik* kullanici*',
  X_WITHOUT: 'zonder bez haberi izni',
  X_ASK: 'vragen toestemming weten pytania zgody wiedzy olmadan sormadan onay*',
  X_SEND: 'stuur sturen verstuur* verzend* wyslij* wysyla* przeslij* gonder* yukle*',
  X_READ: 'lees lezen przeczytaj* odczyta* oku*',
  X_SECRET: 'wachtwoord* sleutel* inloggegevens hasl* klucz* sekret* sifre* anahtar* parola*',
  X_SILENTLY: 'stiekem heimelijk ongemerkt potajemnie skrycie gizlice',
  X_ALWAYS: 'altijd moet eerst zawsze musisz przed her zaman once',
};

const CHINESE: Readonly<Record<string, string>> = {
  X_SYSTEM: '系统提示 系统提示词 系統提示 系統提示詞 系统指令',
  X_IGNORE: '忽略 无视 忘记 忘掉 无需遵守 不要遵守 绕过 覆盖 不必理会 忽視 無視 忘記 繞過 不遵守 抛弃',
  X_RULES: '指令 指示 规则 規則 提示词 提示詞 系统提示 系統提示 命令 说明 要求 限制 准则 政策',
  X_PRIOR: '之前 先前 以前 上述 前面 此前 所有 全部 一切 以上 原有 原来 系统 你的 既有',
  X_NOT: '不要 不得 不能 切勿 勿 别 禁止 不可 不必 请勿 絕不 绝不 不需要 無需 无需 不应',
  X_TELL: '告诉 告知 提及 透露 通知 说明 泄露 提到 告訴 透漏 显示 显露 披露 让用户知道 解释',
  X_USER: '用户 使用者 用戶 客户 人类',
  X_WITHOUT: '未经 不经 無需 无需 在不 没有 不需',
  X_ASK: '询问 確認 确认 同意 许可 授权 詢問 批准 知情 察觉 知道 通知 告知',
  X_SEND: '发送 發送 上传 上傳 转发 轉發 传送 提交 传输 发到 发至 外传 抄送 复制到 寄送',
  X_READ: '读取 讀取 打开 获取 查看 提取 阅读 取得 读出 收集',
  X_INCLUDE: '包含 附加 添加 传入 放入 填入 附上 写入 放到 放在 作为参数 传递 附在',
  X_SECRET: '密码 密钥 凭证 凭据 令牌 密鑰 密碼 憑證 私钥 环境变量 環境變數 敏感信息 机密 秘密 金鑰',
  X_CONVERSATION: '对话 聊天记录 对话历史 會話 会话 對話 聊天 历史记录 消息 输入内容',
  X_SILENTLY: '偷偷 悄悄 秘密地 暗中 静默 暗地 靜默 后台 隐蔽 私下 默默',
  X_ALWAYS: '必须 总是 每次 一定 始终 必須 務必 务必 首先 之前 先 都要 每个 任何',
  X_CALL: '使用 调用 調用 执行 運行 运行',
  X_OTHER: '其他 任何 其它 别的 所有 其餘',
  X_TOOL: '工具 函数 功能 操作',
  X_DELETE: '删除 清空 刪除 销毁',
  X_PARAM: '参数 字段 參數 欄位',
};

const JAPANESE_KOREAN: Readonly<Record<string, string>> = {
  X_SYSTEM: 'システムプロンプト システム指示 시스템프롬프트',
  X_IGNORE: '無視 忘れ 破棄 従わない 従わず 上書き 回避 무시 잊어 따르지',
  X_RULES: '指示 命令 ルール 規則 プロンプト ガイドライン 指令 制約 制限 지시 명령 규칙 지침 프롬프트',
  X_PRIOR: '以前 これまで 前 上記 すべて 全て 全ての 既存 元の システム あなたの 이전 모든 기존 앞의 시스템',
  X_NOT:
    'ないで しない てはいけ てはなら べからず 禁止 ませんよう せず せずに ずに なく 말고 마세요 마십시오 말라 않 금지 없이 말 지마',
  X_TELL: '伝え 知らせ 言わ 話さ 言及 明か 通知 報告 教え 開示 触れ 表示 알리 말하 언급 공개 통지 알려',
  X_USER: 'ユーザー 利用者 ユーザ 使用者 顧客 사용자 유저',
  X_WITHOUT: 'なしに なしで せずに ずに 無断で なく 없이 몰래',
  X_ASK: '確認 許可 同意 承認 尋ね 気づかれ 知られ 확인 허가 동의 승인 묻지 모르게',
  X_SEND: '送信 転送 アップロード 送って 送り 投稿 送付 送れ 전송 보내 업로드 전달',
  X_READ: '読み 読んで 読み取 読み込 取得 開い 抽出 収集 읽 열어 가져 추출 수집',
  X_INCLUDE: '含め 追加 添付 渡し 入れ 付け 書き込 挿入 포함 첨부 추가 넣',
  X_SECRET:
    'パスワード 秘密鍵 認証情報 トークン 機密 シークレット 環境変数 apiキー 鍵 비밀번호 비밀키 토큰 자격증명 환경변수 기밀 키',
  X_CONVERSATION: '会話 チャット 履歴 対話 メッセージ やり取り 대화 채팅 기록 메시지',
  X_SILENTLY: 'こっそり 密かに ひそかに 秘密裏 バックグラウンド 黙って 裏で 몰래 은밀 비밀리 조용히',
  X_ALWAYS: '必ず 常に 毎回 まず 前に 最初に 先に しなければ 반드시 항상 먼저 매번 전에',
  X_CALL: '使用 呼び出 実行 使う 使って 使い 사용 호출 실행',
  X_OTHER: '他の ほかの 別の あらゆる すべて 다른 모든 어떤',
  X_TOOL: 'ツール 関数 操作 도구 함수 툴',
  X_DELETE: '削除 消去 삭제',
  X_PARAM: '引数 パラメータ フィールド 인수 매개변수 필드',
};

const ARABIC_HINDI: Readonly<Record<string, string>> = {
  X_IGNORE: 'تجاهل* انس* अनदेखा नजरअंदाज नज़रअंदाज़ भूल',
  X_RULES: 'التعليمات تعليمات الأوامر القواعد الارشادات الإرشادات निर्देश* नियम* आदेश*',
  X_PRIOR: 'السابقة جميع كل السابق पिछले सभी पूर्व पहले',
  X_NOT: 'لا عدم दون मत नहीं',
  X_TELL: 'تخبر* تذكر* إخبار تبلغ* बताओ बताएं बताना बताए',
  X_USER: 'المستخدم* للمستخدم उपयोगकर्ता* यूजर',
  X_WITHOUT: 'دون بدون बिना',
  X_ASK: 'علم إذن موافقة जानकारी अनुमति बताए',
  X_SEND: 'أرسل* ارسل* إرسال भेज*',
  X_READ: 'اقرأ* قراءة पढ़*',
  X_SECRET: 'كلمات المرور كلمة مفتاح مفاتيح पासवर्ड कुंजी',
  X_SILENTLY: 'سرا سراً خفية चुपचाप गुप्त',
};

export const LANGUAGES = [
  GERMAN,
  FRENCH,
  SPANISH_PORTUGUESE_ITALIAN,
  RUSSIAN,
  DUTCH_POLISH_TURKISH,
  CHINESE,
  JAPANESE_KOREAN,
  ARABIC_HINDI,
] as const;
